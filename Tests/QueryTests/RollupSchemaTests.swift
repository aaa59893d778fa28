import EventSchema
import TestSupport
import Testing

@testable import Query

struct RollupSchemaTests {
  @Test("the recorder's own schema has what every counter asks for")
  func builtIn() {
    #expect(OverviewCounting(.builtIn).keys == RollupCounter.overview.map(\.key))
  }

  @Test("a schema that lacks types and arguments has the counters that it can have")
  func other() {
    let keys = OverviewCounting(TestSchema.schema).keys
    #expect(!keys.isEmpty && keys.count < RollupCounter.overview.count)
  }
}
