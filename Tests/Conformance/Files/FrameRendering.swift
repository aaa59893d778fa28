import BinaryCoding
import CaptureFormat
import EventBatch
import TestSupport

extension AttachedFile {
  var rendered: JSONValue {
    .object([
      "time": .number(time.present), "name": .text(name), "media_type": .text(mediaType), "content": .hex(bytes),
    ])
  }
}

extension Annotation {
  var rendered: JSONValue {
    .object([
      "time": .number(time.present), "from": .number(from.present), "to": .number(to.present),
      "first": .integer(Int64(firstEvent)), "last": .integer(Int64(lastEvent)),
      "severity": .number(severity.map { Int64($0) }), "kind": .text(kind), "author": .text(author),
      "rule": .text(rule),
      "text": .text(text), "json": .text(json),
    ])
  }
}

extension Rollup {
  var rendered: JSONValue {
    let counters = counters.map { counter -> JSONValue in
      let key = counter.key
      return .object([
        "name": .text(key.name), "filter": .text(key.filter), "aggregate": .text(key.aggregate),
        "group_field": .text(key.groupField), "group_value": .text(key.groupValue),
        "values": .array(counter.values.map { .integer($0) }),
      ])
    }
    return .object([
      "start": .integer(start), "step": .integer(step), "buckets": .integer(Int64(buckets)),
      "counters": .array(counters),
    ])
  }
}

extension Seal {
  var rendered: JSONValue {
    .object([
      "time": .number(time.present), "first": .integer(Int64(first)), "last": .integer(Int64(last)),
      "is_last": .bool(isLast), "key_id": .text(hexadecimal(keyID)), "chain": .text(hexadecimal(chain)),
      "signature": .text(hexadecimal(signature)),
    ])
  }
}

extension Custody {
  /// Seals that are none are left out.
  var rendered: JSONValue {
    let seals = seals.compactMap { payload -> JSONValue? in
      payload.withUnsafeBytes { bytes in
        do throws(MalformedBytes) { return try Seal(decoding: bytes).rendered } catch { return nil }
      }
    }
    return .object([
      "file_id": .text(hexadecimal(fileID)), "seals": .array(seals),
      "frames": .array(frames.map { .number($0.sequence.map { Int64($0) }) }),
      "digests": .array(frames.map { .text(hexadecimal($0.digest)) }),
    ])
  }
}
