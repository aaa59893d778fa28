import CaptureFormat
import EventBatch
import EventSchema
import Filter
import Query
import TestSupport
import Testing

/// What is remembered from batch to batch of rows that say the same is right for each of them, whatever a row holds.
struct RowClassTests {
  /// The fields of processes and objects.
  private static let fields = FieldTable.all.filter { field in
    field.unanswered == nil && field.argument == .none
      && ["proc.", "thread.", "user.", "group.", "container.", "k8s.", "fd."].contains { field.name.hasPrefix($0) }
  }

  @Test("Every field of a process or an object is answered as alone, however rows differ", arguments: 1...12)
  func anyColumn(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed &* 104_729)
    let names = RowClassTests.fields.map(\.name)
    var worker: QuestionSetWorker?
    var filters: [FilterExpression] = []
    for round in 0..<4 {
      var batch = randomBatch(&generator, events: 200, firstTime: 1_000_000_000 * Int64(round + 1))
      scramble(&batch.dimensions, &generator)
      if worker == nil {
        let values = try await values(names, of: batch)
        for (column, field) in RowClassTests.fields.enumerated() {
          filters.append(try parseFilter("\(field.name) exists"))
          filters.append(try parseFilter(field.example))
          // Some of its values, and one filter about it and the process.
          let known = Set(values.map { $0[column] }).filter { $0 != .missing }.sorted()
          for value in known.shuffled(using: &generator).prefix(3) {
            guard let filter = filter(field, value) else { continue }
            filters.append(filter)
            filters.append(try parseFilter("proc.name != bash and not (\(filter.description))"))
          }
        }
        worker = QuestionSetWorker(try QuestionSet(filters, schema: batch.schema))
      }
      // What is known of containers comes later than they do.
      let context = ScanContext(
        zone: .utc, containers: round < 2 ? [] : [ContainerInfo(id: "cccccccccccc", texts: ["name": "mail \(round)"])])
      var found = [[UInt32]](repeating: [], count: filters.count)
      for match in try #require(worker).matches(in: batch, context: context) { found[match.question].append(match.row) }
      for (index, filter) in filters.enumerated() {
        let alone = try Question(expression: filter, source: filter.description, schema: batch.schema)
        #expect(found[index] == alone.select(from: batch, context: context), "\(filter)")
      }
    }
  }

  /// A filter for a value of a field; `nil` when none can be written.
  private func filter(_ field: Field, _ value: FieldValue) -> FilterExpression? {
    let text = value.text
    guard field.multiplicity == .single, !text.contains("\"") else { return nil }
    do { return try parseFilter("\(field.name) = \"\(text)\"") } catch { return nil }
  }

  /// Puts something else into every column here and there: nothing, a small number, another row.
  private func scramble(_ dimensions: inout Dimensions, _ generator: inout SeededGenerator) {
    let limits = [
      DimensionValueKind.integer: 4, .string: dimensions.strings.count, .image: dimensions.images.count,
      .thread: dimensions.threads.count, .container: dimensions.containers.count,
    ]
    func scramble<Column: DimensionColumn>(_ table: inout DimensionTable<Column>, but kept: Set<Column>) {
      for row in 0..<table.count {
        for column in Column.allCases where column.kind != .lineage && !kept.contains(column) {
          guard let limit = limits[column.kind], limit > 0, Int.random(in: 0...3, using: &generator) == 0
          else { continue }
          table[row, column] =
            Bool.random(using: &generator) ? EventBatch.missing : Int64.random(in: 0..<Int64(limit), using: &generator)
        }
      }
    }
    scramble(&dimensions.images, but: [])
    scramble(&dimensions.threads, but: [])
    scramble(&dimensions.lineages, but: [.thread])
    scramble(&dimensions.objects, but: [])
    scramble(&dimensions.containers, but: [.id])
    scramble(&dimensions.users, but: [])
  }
}
