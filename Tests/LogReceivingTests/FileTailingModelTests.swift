internal import LogFormats
internal import TestSupport
internal import Testing

@testable internal import LogReceiving

/// Random writes, rotations and kills against what was written: each line once, and across kills at least once.
@Suite("Tailing of files against a model")
struct FileTailingModelTests {
    @Test(arguments: 1...60) func `every line is kept exactly once without kills`(seed: UInt64) { run(seed: seed, kills: false) }

    @Test(arguments: 1001...1060) func `every line is kept at least once across kills, and the last batch at most twice`(seed: UInt64) {
        run(seed: seed, kills: true)
    }

    private func run(seed: UInt64, kills: Bool) {
        var generator = SeededGenerator(seed: seed)
        func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
        var disk = SimulatedFiles()
        var settings = TailSettings()
        // Nothing here waits so long for its end.
        settings.partialLineTimeoutMilliseconds = 1_000_000_000
        var tailing = disk.tailing(settings)
        var written: [String] = []
        var open: [String: String] = [:]
        var killCount = 0
        var serial = 0
        let paths = ["/log/a.log", "/log/b.log", "/log/a.log.x"]

        func write(_ path: String) {
            for _ in 0...below(6) {
                if open[path] != nil {
                    close(path)
                    continue
                }
                let line = "line \(serial) " + String(repeating: "x", count: below(8) == 0 ? below(3000) : below(20))
                serial += 1
                if below(5) == 0 {
                    disk.write(line, to: path)
                    open[path] = line
                    return
                }
                disk.write(line + "\n", to: path)
                written.append(line)
            }
        }
        /// Ends the line that is open, so that rotation does not take it apart.
        func close(_ path: String) {
            guard let line = open.removeValue(forKey: path) else { return }
            disk.write("rest\n", to: path)
            written.append(line + "rest")
        }

        for _ in 0..<120 {
            let path = paths[below(paths.count)]
            switch below(10) {
            case 0...4: write(path)
            case 5: disk.refusals = below(3)
            case 6 where disk.paths[path] != nil:
                close(path)
                let old = path + ".\(below(3))"
                // What a rename is put over must have been read.
                if disk.paths[old] != nil { settle(&disk, &tailing, kills, &killCount, settings) }
                disk.rename(path, old)
            case 7 where disk.paths[path] != nil:
                close(path)
                // What is cut off was read before: nobody can read it afterwards.
                settle(&disk, &tailing, kills, &killCount, settings)
                if below(2) == 0 { disk.copy(path, path + ".\(below(3))") }
                disk.truncate(path)
                if below(2) == 0 { write(path) }
            case 8 where disk.paths[path] != nil:
                close(path)
                settle(&disk, &tailing, kills, &killCount, settings)
                disk.delete(path)
            default: break
            }
            if kills, below(12) == 0 { disk.actionsLeft = below(12) }
            if !disk.run(&tailing, milliseconds: Int64(below(4000))) {
                restart(&disk, &tailing, settings)
                killCount += 1
            }
        }
        for path in paths { close(path) }
        settle(&disk, &tailing, kills, &killCount, settings)
        let keptCounts = Dictionary(disk.kept.map { ($0, 1) }, uniquingKeysWith: +)
        for line in written {
            let count = keptCounts[line] ?? 0
            if kills {
                #expect(count >= 1 && count <= 1 + killCount, "seed \(seed): \(line.prefix(12)) kept \(count) times")
            } else {
                #expect(count == 1, "seed \(seed): \(line.prefix(12)) kept \(count) times")
            }
        }
        #expect(Set(disk.kept).isSubset(of: written), "seed \(seed): \(Set(disk.kept).subtracting(written).map { $0.prefix(40) })")
        if !kills { #expect(disk.kept.count == written.count, "seed \(seed)") }
    }

    private func settle(
        _ disk: inout SimulatedFiles, _ tailing: inout FileTailing, _ kills: Bool, _ killCount: inout Int, _ settings: TailSettings
    ) {
        disk.refusals = 0
        if !disk.run(&tailing, milliseconds: 3000) {
            restart(&disk, &tailing, settings)
            killCount += 1
            _ = disk.run(&tailing, milliseconds: 3000)
        }
    }

    private func restart(_ disk: inout SimulatedFiles, _ tailing: inout FileTailing, _ settings: TailSettings) {
        disk.actionsLeft = .max
        tailing = disk.tailing(settings)
    }
}
