import EventBatch
import EventSchema

extension ScapReplay {
  /// What was there when the recording began, in parts of so many rows.
  mutating func initialState(partRows: Int) -> [MachineState] { [] }
}
