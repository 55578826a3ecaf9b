internal import LogFormats
internal import Testing

@testable internal import LogReceiving

@Suite("Tailing of files")
struct FileTailingTests {
    private let path = "/log/app.log"

    @Test func `lines are kept as they come, the last one when it has ended`() {
        var disk = SimulatedFiles()
        disk.write("one\ntwo\nthr", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 2000))
        #expect(disk.kept == ["one", "two"])
        disk.write("ee\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 2000))
        #expect(disk.kept == ["one", "two", "three"])
        disk.write("four", to: path)
        #expect(disk.run(&tailing, milliseconds: 29_000))
        #expect(disk.kept.count == 3)
        #expect(disk.run(&tailing, milliseconds: 2000))
        #expect(disk.kept.last == "four", "a line without an end is kept after a while")
    }

    @Test func `a renamed file is read to its end, and the new one from its beginning`() {
        var disk = SimulatedFiles()
        disk.write("a\n", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 1500))
        disk.write("b\nc", to: path)
        disk.rename(path, "/elsewhere/app.log")
        // It is no longer found, and was written to once more.
        let moved = disk.paths.removeValue(forKey: "/elsewhere/app.log")
        disk.write("d\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 10_000))
        #expect(disk.kept.sorted() == ["a", "b", "c", "d"])
        #expect(moved.map { disk.open.contains($0) } == false, "it is closed after a while")
        #expect(disk.open.count == 1)
    }

    @Test func `a renamed file that is still found is not read again, nor after a new start`() {
        var disk = SimulatedFiles()
        disk.write("a\nb\n", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 1500))
        disk.rename(path, path + ".1")
        disk.write("c\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500))
        tailing = disk.tailing()
        disk.write("d\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept == ["a", "b", "c", "d"])
        #expect(Set(disk.keptPaths) == [path])
    }

    @Test func `a file that is cut short is read from its beginning, also when it has grown beyond`() {
        var disk = SimulatedFiles()
        disk.write("a\nb\n", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 1500))
        disk.truncate(path)
        disk.write("c\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500))
        disk.truncate(path)
        disk.write("d\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500), "as long as before")
        disk.truncate(path)
        disk.write("e\nf\ng\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept == ["a", "b", "c", "d", "e", "f", "g"])
    }

    @Test func `a copy that is found is read from where the file was`() {
        var disk = SimulatedFiles()
        disk.write("a\nb\n", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 1500))
        disk.write("c\n", to: path)
        disk.copy(path, path + ".1")
        disk.truncate(path)
        disk.write("d\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept.sorted() == ["a", "b", "c", "d"])
    }

    @Test func `a deleted file leaves nothing, and a new one with its number is read whole`() {
        var disk = SimulatedFiles()
        disk.write("a\nb\n", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 1500))
        let identity = disk.paths[path]
        disk.delete(path)
        #expect(disk.run(&tailing, milliseconds: 10_000))
        #expect(tailing.files.isEmpty)
        disk.write("c\nd\n", to: path)
        #expect(disk.paths[path] == identity)
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept == ["a", "b", "c", "d"])
    }

    @Test func `at the first start files may be read from their end, and those that come later from their beginning`() {
        var disk = SimulatedFiles()
        disk.write("old\n", to: path)
        var settings = TailSettings()
        settings.start = .end
        var tailing = disk.tailing(settings)
        #expect(disk.run(&tailing, milliseconds: 1500))
        disk.write("new\n", to: path)
        disk.write("other\n", to: "/log/other.log")
        #expect(disk.run(&tailing, milliseconds: 1500))
        tailing = disk.tailing(settings)
        disk.write("third\n", to: "/log/third.log")
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept.sorted() == ["new", "other", "third"])
    }

    @Test func `nothing is read while storage cannot take what was read`() {
        var disk = SimulatedFiles()
        disk.write(String(repeating: String(repeating: "x", count: 99) + "\n", count: 50_000), to: path)
        disk.refusals = 5
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 4500))
        #expect(disk.kept.isEmpty)
        #expect(tailing.files.values.allSatisfy { $0.readOffset <= 1_400_000 })
        #expect(disk.positions.isEmpty)
        #expect(disk.run(&tailing, milliseconds: 3000))
        #expect(disk.kept.count == 50_000)
    }

    @Test func `what cannot be opened is said once, and opened when it can be`() {
        var disk = SimulatedFiles()
        disk.write("a\n", to: path)
        disk.unreadable = [path]
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 5000))
        #expect(disk.reports == ["/log/app.log: permission denied"])
        disk.unreadable = []
        #expect(disk.run(&tailing, milliseconds: 2000))
        #expect(disk.kept == ["a"])
    }

    @Test func `compressed files are left alone`() {
        var disk = SimulatedFiles()
        disk.write("a\n", to: "/log/app.log.2.gz")
        disk.write("PK\u{3}\u{4}\n", to: "/log/packed.log")
        disk.write("b\n", to: path)
        var tailing = disk.tailing()
        #expect(disk.run(&tailing, milliseconds: 2000))
        #expect(disk.kept == ["b"])
    }

    @Test func `lines that belong together are joined, also over a new start`() {
        var disk = SimulatedFiles()
        var settings = TailSettings()
        settings.multiline = MultilineRule(.start) { !$0.starts(with: " ".utf8) }
        disk.write("Error: a\n  at b\n", to: path)
        var tailing = disk.tailing(settings)
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept.isEmpty)
        tailing = disk.tailing(settings)
        disk.write("  at c\nError: d\n", to: path)
        #expect(disk.run(&tailing, milliseconds: 1500))
        #expect(disk.kept == ["Error: a\n  at b\n  at c"])
        #expect(disk.run(&tailing, milliseconds: 6000))
        #expect(disk.kept.last == "Error: d")
    }

    @Test func `more files than may be read at once wait`() {
        var disk = SimulatedFiles()
        for index in 0..<5 { disk.write("\(index)\n", to: "/log/\(index).log") }
        var settings = TailSettings()
        settings.filesMax = 3
        var tailing = disk.tailing(settings)
        #expect(disk.run(&tailing, milliseconds: 2000))
        #expect(disk.kept.sorted() == ["0", "1", "2"])
        #expect(disk.reports.count == 1)
        disk.delete("/log/0.log")
        disk.delete("/log/1.log")
        #expect(disk.run(&tailing, milliseconds: 10_000))
        #expect(disk.kept.sorted() == ["0", "1", "2", "3", "4"])
    }
}
