import CaptureFormat
import EventBatch
import Redaction

/// All rules that come with the program.
let builtInRules: [RedactionRule] = {
  guard let rules = BuiltInRules.named("all") else { fail("the set of all redaction rules has another name") }
  return rules
}()

private let key = PseudonymKey([UInt8](repeating: 7, count: 16))

/// Looks for secrets in the bytes as every kind of text: what comes out is as long, and the same every time.
func redact(_ bytes: UnsafeRawBufferPointer, by rules: [RedactionRule]) {
  let text = String(decoding: bytes, as: UTF8.self)
  // A secret may end within a character, of which the rest is none then.
  let keepsLength = text.utf8.allSatisfy { $0 < 0x80 }
  let file = AttachedFile(time: 1, name: text, mediaType: "", bytes: Array(bytes))
  let (first, count) = redacted(file, rules)
  guard first.bytes.count == bytes.count, !keepsLength || first.name.utf8.count == text.utf8.count else {
    fatalError("what is redacted has another length")
  }
  guard count > 0 || first == file else { fatalError("something is changed, and not counted") }
  guard redacted(file, rules).file == first else { fatalError("with one key a text gets two pseudonyms") }
  var redactor = Redactor(rules, key: key)
  var annotation = Annotation(time: 1, kind: "note", text: text, json: text)
  let isChanged = redactor.redact(&annotation)
  guard isChanged == (redactor.matches > 0), !keepsLength || annotation.text.utf8.count == text.utf8.count else {
    fatalError("a note is changed without being counted, or has another length")
  }
}

private func redacted(_ file: AttachedFile, _ rules: [RedactionRule]) -> (file: AttachedFile, count: UInt64) {
  var redactor = Redactor(rules, key: key)
  var file = file
  let isChanged = redactor.redact(&file)
  guard isChanged == (redactor.matches > 0) else { fatalError("\(redactor.matches) secrets, changed: \(isChanged)") }
  return (file, redactor.matches)
}

/// Redacts what was decoded, whatever its texts and numbers are.
func redact(_ batch: EventBatch) {
  var redactor = Redactor(builtInRules, key: key)
  var redacted = batch
  guard redactor.redact(&redacted) == (redactor.matches > 0) else { fatalError("a batch is changed and not counted") }
  do { try redacted.checkInvariants() } catch { fatalError("what was redacted is no batch: \(error)") }
}
