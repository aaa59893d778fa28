/// The values that an operand had, and what its predicates said to them.
struct OperandMemory {
  let operand: Operand
  /// How many predicates ask for the operand.
  var width = 0
  private var numbers: [FieldValue: Int32] = [:]
  private var values: [FieldValue] = []
  /// A row of answers for each value: 0, 1, or 2 for not asked yet.
  private var answers: [UInt8] = []

  init(operand: Operand) { self.operand = operand }

  var count: Int { values.count }

  mutating func forget() {
    numbers.removeAll()
    values.removeAll()
    answers.removeAll()
  }

  mutating func number(of value: FieldValue) -> Int32 {
    if let known = numbers[value] { return known }
    let number = Int32(values.count)
    // With memory of its own: the batch goes.
    let kept = value.detached
    numbers[kept] = number
    values.append(kept)
    answers.append(contentsOf: repeatElement(2, count: width))
    return number
  }

  func answer(_ number: Int, _ local: Int) -> UInt8 { answers[number * width + local] }

  mutating func ask(_ number: Int, _ local: Int, _ predicate: Predicate) -> Bool {
    let holds = predicate.holds(values[number]) { _ in .missing }
    answers[number * width + local] = holds ? 1 : 0
    return holds
  }
}
