import EventBatch
import EventSchema

extension BatchView {
  /// Appends all arguments as a JSON object: numbers as numbers, everything that has a name as its name.
  func appendArgumentsJSON(row: Int, to json: inout [UInt8]) {
    var object = JSONObjectWriter(&json)
    if let layout = layout(ofType: batch.types[row]) {
      for index in layout.type.parameters.indices {
        let parameter = layout.type.parameters[index]
        object.name(parameter.name, to: &json)
        argumentJSON(layout, index, parameter, row: row, to: &json)
      }
    }
    object.end(&json)
  }

  private func argumentJSON(
    _ layout: TypeLayout, _ index: Int, _ parameter: Parameter, row: Int, to json: inout [UInt8]
  ) {
    switch raw(layout, index, row: row) {
    case .missing: json.append(contentsOf: "null".utf8)
    case .bytes where parameter.isPollList: appendShownArgument(layout, index, row: row, to: &json)
    case .bytes(let bytes): Query.appendJSON(bytes, to: &json)
    case .integer(let value):
      switch parameter.type {
      case .errno, .fd, .pid, .int8, .int16, .int32, .int64:
        appendDecimal(parameter.type == .fd ? Int64(Int32(truncatingIfNeeded: value)) : value, to: &json)
      case .uint8, .uint16, .uint32, .uint64, .uid, .gid, .port, .relativeTime, .absoluteTime:
        appendDecimal(parameter.type.unsignedValue(value), to: &json)
      case .boolean: json.append(contentsOf: (value != 0 ? "true" : "false").utf8)
      default: appendShownArgument(layout, index, row: row, to: &json)
      }
    case .text: appendShownArgument(layout, index, row: row, to: &json)
    }
  }

  private func appendShownArgument(_ layout: TypeLayout, _ index: Int, row: Int, to json: inout [UInt8]) {
    guard let text = argumentText(layout, index, row: row) else {
      json.append(contentsOf: "null".utf8)
      return
    }
    Query.appendJSON((text.meaning ?? text.plain)[...], to: &json)
  }
}
