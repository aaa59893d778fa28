import Presentation
import Testing

/// Tables as they look, to the blank.
@Suite struct TableTests {
  private static func files() -> Table {
    var table = Table([.left("FILE", .keepsEnd), .right("BYTES"), .left("COMMAND", .keepsStart)])
    table.append(["/etc/hosts", "1.00 KiB", "cat /etc/hosts"])
    table.append(["/usr/lib/x86_64-linux-gnu/libc.so.6", "832 B", "dd if=/dev/zero of=/tmp/out bs=64k"])
    table.append(["/tmp/世界.txt", "", "vi"])
    return table
  }

  @Test func asWideAsNeeded() {
    #expect(
      TableTests.files().rendered(width: nil, colour: false) == """
        FILE                                    BYTES  COMMAND
        /etc/hosts                           1.00 KiB  cat /etc/hosts
        /usr/lib/x86_64-linux-gnu/libc.so.6     832 B  dd if=/dev/zero of=/tmp/out bs=64k
        /tmp/世界.txt                                  vi

        """)
  }

  @Test func asNarrowAsTheTerminal() {
    #expect(
      TableTests.files().rendered(width: 50, colour: false)
        == """
        FILE                    BYTES  COMMAND
        /etc/hosts           1.00 KiB  cat /etc/hosts
        …inux-gnu/libc.so.6     832 B  dd if=/dev/zero of…
        /tmp/世界.txt                  vi

        """)
  }

  @Test(arguments: [10, 30, 40, 57, 80, 200])
  func neverWiderThanTheTerminalUnlessItMust(width: Int) {
    // The least there can be: 8 columns for each text, and 8 for the numbers.
    let least = 8 + 2 + 8 + 2 + 8
    for line in TableTests.files().rendered(width: width, colour: false).split(separator: "\n") {
      #expect(DisplayWidth.of(String(line)) <= max(width, least))
      #expect(line.last != " ")
    }
  }

  @Test func totals() {
    var table = Table([.left("NAME"), .right("COUNT")])
    table.append(["read", "2,000,000"])
    table.append(["write", "7"])
    table.totals = ["total", "2,000,007"]
    #expect(
      table.rendered(width: nil, colour: false) == """
        NAME       COUNT
        read   2,000,000
        write          7
        ─────  ─────────
        total  2,000,007

        """)
  }

  @Test func emphasisIsAroundWholeLinesOnly() {
    var table = Table([.left("NAME"), .right("COUNT")])
    table.append(["read", "1"])
    #expect(table.rendered(width: nil, colour: true) == "\u{1B}[1mNAME  COUNT\u{1B}[0m\nread      1\n")
  }

  @Test func withoutRowsThereAreHeadings() {
    #expect(Table([.left("NAME"), .right("COUNT")]).rendered(width: 80, colour: false) == "NAME  COUNT\n")
  }

  @Test func longCommandsAreCutEvenWithoutATerminal() {
    var table = Table([.left("COMMAND", .keepsStart)])
    table.append([String(repeating: "x", count: 5000)])
    let lines = table.rendered(width: nil, colour: false).split(separator: "\n")
    #expect(lines[1].count == 160)
    #expect(lines[1].last == "…")
  }

  @Test func longPathsAreWholeWithoutATerminal() {
    var table = Table([.left("FILE", .keepsEnd)])
    let path = String(repeating: "/directory", count: 400)
    table.append([path])
    #expect(table.rendered(width: nil, colour: false) == "FILE\n\(path)\n")
  }

  @Test func optionalColumnsMakeRoomThoseThatSayNothingFirst() {
    var columns: [Table.Column] = [.right("PID"), .left("CONTAINER"), .right("CALLS"), .left("NAME")]
    for index in 1...2 { columns[index].isOptional = true }
    var table = Table(columns)
    table.append(["1", "host", "12", "init"])
    table.append(["4711", "host", "7", "dd"])
    table.totals = ["total", "", "19", ""]
    var narrow = table
    #expect(narrow.leaveOutColumns(toFit: 20) == ["CONTAINER"])
    #expect(
      narrow.rendered(width: 20, colour: false) == """
          PID  CALLS  NAME
            1     12  init
         4711      7  dd
        ─────  ─────  ────
        total     19

        """)
    var narrower = table
    #expect(narrower.leaveOutColumns(toFit: 1) == ["CONTAINER", "CALLS"])
    #expect(table.leaveOutColumns(toFit: 100) == [])
  }

  /// Where nothing limits the width, one long text does not fill all other rows with blanks.
  @Test func longTextsStandOut() {
    var table = Table([.left("FILE", .keepsEnd), .right("BYTES")])
    let long = String(repeating: "x", count: 5000)
    table.append(["/a", "1"])
    table.append([long, "2"])
    let lines = table.rendered(width: nil, colour: false).split(separator: "\n")
    #expect(lines[2] == "\(long)      2")
    #expect(lines[1].count == 160 + 2 + 5 && lines[1].hasSuffix("    1"))
  }

  /// Lines that are made one by one are those of the whole table, with columns left out and without.
  @Test(arguments: [50, 24, nil])
  func rowsThatAreMadeWhenNeeded(width: Int?) {
    var whole = TableTests.files()
    let rows = whole.rows
    var measure = TableMeasure(whole.columns.count)
    for row in rows { measure.note(row) }
    var table = Table(whole.columns)
    var gone: [(title: String, place: Int)] = []
    if let width {
      gone = table.leaveOutColumns(toFit: width, &measure)
      #expect(whole.leaveOutColumns(toFit: width) == gone.map(\.title))
    }
    let layout = table.layout(width: width, colour: false, measure)
    var text = layout.heading ?? ""
    for row in rows {
      var cells = row
      for column in gone { cells.remove(at: column.place) }
      text += layout.line(cells)
    }
    for line in layout.ending { text += line }
    #expect(text == whole.rendered(width: width, colour: false))
  }
}
