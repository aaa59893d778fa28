import CaptureFormat
import EventSchema

/// A field with its argument: what binding makes of a name in a filter, a format or an aggregate.
struct BoundField: Sendable, Hashable {
  let field: Field
  let argument: FieldArgument
  /// The field's type, or for `evt.rawarg` that of the argument.
  let type: FieldType
  /// How many values there are, with this argument.
  let multiplicity: Field.Multiplicity

  /// How often the value has to be computed.
  var domain: Domain {
    switch field.source {
    case .constant, .unanswered: .constant
    case .type: .type
    case .process, .user, .container: .lineage
    case .object: .object
    case .event: .event
    }
  }

  /// The name with its argument, as a filter would write it.
  var spelling: String {
    switch argument {
    case .none: field.name
    case .index(let index): "\(field.name)[\(index)]"
    case .name(let name):
      field.argument == .required || field.argument == .optionalDotted
        ? "\(field.name).\(name)" : "\(field.name)[\(name)]"
    }
  }
}

/// What stands in brackets or behind a dot.
enum FieldArgument: Sendable, Hashable {
  case none
  case index(Int)
  case name(String)
}

/// Of what a value is a property; decides how often it is computed.
enum Domain: Sendable, Hashable {
  case constant
  case type
  case lineage
  case object
  case event

  /// Of what a value is a property that is made from values of both domains.
  func joined(with other: Domain) -> Domain {
    if self == other || other == .constant { return self }
    return self == .constant ? other : .event
  }
}

extension BoundField {
  /// Which columns of a batch the field reads.
  func addColumns(to columns: inout ColumnSet, schema: Schema) {
    switch field.source {
    case .constant, .unanswered: break
    case .type: columns.core.insert(.types)
    case .process, .user, .container: columns.core.insert(.lineages)
    case .object: columns.core.insert(.objects)
    case .event(let property): addColumns(of: property, to: &columns, schema: schema)
    }
  }

  private func addColumns(of property: EventProperty, to columns: inout ColumnSet, schema: Schema) {
    switch property {
    case .number: columns.core.insert(.numbers)
    case .timeOfDay, .timeOfDaySeconds, .iso8601, .dateTime, .dateTimeSeconds, .outputTime, .time, .timeSeconds,
      .timeFraction, .relativeTime, .relativeSeconds, .relativeFraction, .deltaTime, .deltaSeconds, .deltaFraction:
      columns.core.insert(.exitTimes)
    case .startTime: columns.core.insert([.exitTimes, .latencies])
    case .latency, .latencySeconds, .latencyFraction, .latencyHuman, .latencyQuantized:
      columns.core.insert([.latencies, .flags])
    case .waitLatency: columns.core.insert([.latencies, .flags, .types])
    case .cpu: columns.core.insert(.cpus)
    case .category, .isSyslog: columns.core.insert([.types, .objects])
    case .result, .rawResult, .hasFailed, .errorCount(nil): columns.core.insert(.results)
    case .errorCount: columns.core.insert([.results, .types, .objects])
    case .hasFlag: columns.core.insert(.flags)
    case .count, .exitCount, .hostname, .isAsynchronous: break
    case .distance: columns.core.insert(.exitTimes)
    case .shownTime(.latency): columns.core.insert([.latencies, .flags])
    case .shownTime: columns.core.insert(.exitTimes)
    case .sampleCount: columns.core.insert(.types)
    case .usage(let usage):
      columns.addArguments(schema) { _, parameter in usage.parameters.contains(parameter.name) }
    case .isNameChanged: columns.core.insert([.types, .objects, .results])
    case .syslog:
      columns.payloads = true
      columns.addArguments(schema) { type, parameter in
        parameter.type == .bytes && type.traits.contains(.writesToDescriptor)
      }
    case .descriptorNameRaw:
      columns.core.insert([.types, .objects])
      columns.addArguments(schema) { type, parameter in
        type.object == .result && (parameter.type == .path || parameter.type == .relativePath)
      }
    case .polledDescriptors:
      columns.payloads = true
      columns.addArguments(schema) { _, parameter in parameter.isPollList }
    case .length(_, nil): columns.core.insert([.results, .types])
    case .length: columns.core.insert([.results, .types, .objects])
    case .processDuration, .parentDuration, .containerDuration: columns.core.insert([.exitTimes, .lineages])
    case .threadNameAndID: columns.core.insert(.lineages)
    case .containerObjectName, .containerDirectory: columns.core.insert([.lineages, .objects])
    case .descriptor, .descriptorTypes:
      columns.addArguments(schema) { type, parameter in parameter.isObject(of: type) }
    case .descriptorIdentity:
      columns.core.insert(.lineages)
      columns.addArguments(schema) { type, parameter in parameter.isObject(of: type) }
    case .arguments:
      columns.addAllArguments()
    case .buffer:
      columns.payloads = true
      columns.addArguments(schema) { _, parameter in parameter.type == .bytes }
    case .openRead, .openWrite:
      columns.addArguments(schema, finding: [.types, .ranks]) { _, parameter in
        parameter.name == "flags" || parameter.name == "mode"
      }
    case .openExecutable, .openCreate:
      columns.addArguments(schema) { _, parameter in parameter.name == "flags" || parameter.name == "mode" }
    case .absolutePath, .path, .sourcePath, .targetPath, .pathRaw, .sourcePathRaw, .targetPathRaw:
      columns.addArguments(schema) { type, parameter in
        parameter.type == .path || parameter.type == .relativePath || parameter.type == .fd || parameter.type == .string
      }
    case .argument, .rawArgument:
      switch argument {
      case .none: break
      case .name(let name):
        columns.addArguments(schema) { type, parameter in
          // A relative path is shown absolute, which takes the descriptor before it.
          parameter.name == name || (parameter.type == .fd && type.parameters.contains { $0.name == name })
        }
      case .index(let index):
        columns.addArguments(schema) { type, parameter in
          type.parameters.indices.contains(index)
            && (type.parameters[index].name == parameter.name || parameter.type == .fd)
        }
      }
    }
  }
}

extension Parameter {
  /// Whether it holds the descriptors that a call waits for, in the kernel's layout.
  var isPollList: Bool { name == "fds" && type.storage == .bytes }

  /// Whether the parameter is the descriptor that `fd.*` stands for. An event that is no system call says it itself.
  func isObject(of type: EventType) -> Bool {
    switch (type.object, source) {
    case (.argument(let register), .argument(let own)): register == own && self.type == .fd
    case (.result, .result): true
    case (.none, .assembled): self.type == .fd && !type.traits.contains(.systemCall)
    default: false
    }
  }
}

/// Columns that a question needs, gathered field by field.
struct ColumnSet: Sendable {
  var core: ColumnSelection.Core = []
  var arguments: Set<ColumnSelection.ArgumentKey> = []
  var allArguments = false
  var payloads = false

  /// Adds the arguments for which a condition holds, with what is needed to find and to show them.
  mutating func addArguments(
    _ schema: Schema, finding needed: ColumnSelection.Core = [.types, .ranks, .results, .lineages, .objects],
    where wanted: (EventType, Parameter) -> Bool
  ) {
    core.insert(needed)
    for type in schema.types {
      for (index, parameter) in type.parameters.enumerated() where wanted(type, parameter) {
        if parameter.type.storage == .bytes { payloads = true }
        arguments.insert(ColumnSelection.ArgumentKey(type: type.id, parameter: index))
      }
    }
  }

  mutating func addAllArguments() {
    core.insert([.types, .ranks, .results, .lineages, .objects])
    allArguments = true
    payloads = true
  }

  /// What a reader of chunks is asked for.
  var selection: ColumnSelection {
    ColumnSelection(
      core: core, arguments: allArguments ? .all : arguments.isEmpty ? .none : .only(arguments), payloads: payloads,
      dimensions: false)
  }
}
