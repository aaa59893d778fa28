import Testing

@testable import KernelSource

/// What executions and ends of processes mean for a container.
struct ContainerLivesTests {
  /// Something that a process of the container did, and what it means.
  enum Step {
    case executes(Int64, ContainerLives.Execution)
    case ends(Int64, isEndOfContainer: Bool)
    case wasThere(Int64, isRuntime: Bool)
  }

  struct Story: CustomTestStringConvertible {
    var testDescription: String
    var steps: [Step]
  }

  static let stories = [
    Story(
      testDescription: "the first process starts it, and it dies with that",
      steps: [
        .executes(10, .started), .executes(10, .nothing), .executes(20, .entered), .executes(20, .nothing),
        .ends(20, isEndOfContainer: false), .ends(10, isEndOfContainer: true), .ends(10, isEndOfContainer: false),
      ]),
    Story(
      testDescription: "one that ran before has started",
      steps: [
        .wasThere(10, isRuntime: false), .wasThere(20, isRuntime: false), .executes(20, .nothing),
        .executes(10, .nothing), .executes(30, .entered), .ends(10, isEndOfContainer: true),
      ]),
    Story(
      testDescription: "one that was only prepared before starts when its program is executed",
      steps: [.wasThere(10, isRuntime: true), .executes(10, .started), .ends(10, isEndOfContainer: true)]),
    Story(
      testDescription: "one that never started does not die",
      steps: [.wasThere(10, isRuntime: true), .ends(10, isEndOfContainer: false), .executes(11, .started)]),
    Story(
      testDescription: "it starts again under the same id",
      steps: [
        .executes(10, .started), .ends(10, isEndOfContainer: true), .executes(30, .started),
        .ends(30, isEndOfContainer: true),
      ]),
    Story(
      testDescription: "an id that is given out again is another process",
      steps: [
        .executes(10, .started), .executes(20, .entered), .ends(20, isEndOfContainer: false), .executes(20, .entered),
      ]),
  ]

  @Test(arguments: stories)
  func story(_ story: Story) {
    var lives = ContainerLives()
    let id = Array("abc".utf8)
    let isNew = lives.begin(row: 3, id: id)
    #expect(isNew)
    #expect(lives.knows(row: 3) && !lives.knows(row: 2) && !lives.knows(row: 9))
    for step in story.steps {
      func process(_ pid: Int64) -> ProcessIdentity { ProcessIdentity(pid: pid, startTime: pid * 1000) }
      switch step {
      case .executes(let pid, let meaning):
        let found = lives.executed(process(pid), in: id)
        #expect(found == meaning, "process \(pid)")
      case .ends(let pid, let isEndOfContainer):
        let isEnd = lives.ended(process(pid), in: id)
        #expect(isEnd == isEndOfContainer, "process \(pid)")
      case .wasThere(let pid, let isRuntime): lives.found(process(pid), in: id, isRuntime: isRuntime)
      }
    }
    // Rows have other numbers in the next generation; the container is the same.
    lives.forgetRows()
    #expect(!lives.knows(row: 3))
    let isNewAgain = lives.begin(row: 0, id: id)
    #expect(!isNewAgain)
  }

  @Test("containers in a loop do not fill the memory")
  func bounded() {
    var lives = ContainerLives()
    for number in 0..<60_000 { _ = lives.begin(row: Int64(number % 100), id: Array("\(number)".utf8)) }
    #expect(lives.count <= 50_000)
  }
}
