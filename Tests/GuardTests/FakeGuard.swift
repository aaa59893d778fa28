import Delivery
import Synchronization
import Testing

@testable import Guard

#if canImport(Glibc)
import Glibc
#endif

/// Somebody who carries out orders as the guard would, without recording anything.
final class FakeGuard: Sendable {
  let orders = GuardOrders()
  let board = GuardStatusBoard()
  private let isRunning = Mutex(true)
  let requests = Mutex<[CaptureRequest]>([])
  private let folder: String

  init(folder: String) {
    self.folder = folder
    board.update { status in
      status.isRunning = true
      status.lookedAt = .max
      status.hostname = "node1"
      status.generation = 1
    }
    // A thread of its own: those of tasks are held by tests that wait for a command.
    let isStarted = WorkerThread.start { [self] in
      while isRunning.withLock({ $0 }) {
        for order in orders.take() { carryOut(order) }
        usleep(2000)
      }
      orders.close()
    }
    #expect(isStarted)
  }

  func end() { isRunning.withLock { $0 = false } }

  private func carryOut(_ order: GuardOrders.Order) {
    switch order {
    case .start(let request, let answer):
      requests.withLock { $0.append(request) }
      if request.container == "nonesuch" {
        answer.resume(returning: .failure(GuardOrderError(.unknown, "there is no container 'nonesuch'")))
        return
      }
      let number = orders.list().count + 1
      var record = CaptureRecord(id: "2026112812000\(number)-ab", started: 1_000, path: "\(folder)/\(number).reel")
      record.state = .capturing
      record.container = request.container ?? ""
      orders.captures.withLock { $0.append(record) }
      answer.resume(returning: .success(record))
    case .stop(let id, let answer): answer.resume(returning: change(id) { $0.state = .done })
    case .delete(let id, let answer):
      let result = change(id) { _ in }
      if case .success(let record) = result { orders.captures.withLock { $0.removeAll { $0.id == record.id } } }
      answer.resume(returning: result)
    case .reload: board.update { $0.generation += 1 }
    }
  }

  func change(
    _ id: String, _ body: (inout CaptureRecord) -> Void
  ) -> Result<CaptureRecord, GuardOrderError> {
    orders.capture(id).map { found in
      orders.captures.withLock { captures in
        for index in captures.indices where captures[index].id == found.id { body(&captures[index]) }
        return captures.first { $0.id == found.id } ?? found
      }
    }
  }
}
