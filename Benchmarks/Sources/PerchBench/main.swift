#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

let usage = """
    usage: perch-bench [--list] [--quick] [NAME…]

    Runs the named benchmarks, or all, and prints their tables. Times are CPU time of the process; each is the median of nine runs after a warm-up.
      --list    print the names and what they measure
      --quick   three short runs, to see that everything works

    """

func fail(_ message: String, status: Int32) -> Never {
    var text = message + "\n"
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(status)
}

var names: [String] = []
var isQuick = false
for argument in CommandLine.arguments.dropFirst() {
    switch argument {
    case "--help", "-h":
        print(usage, terminator: "")
        exit(0)
    case "--list":
        for benchmark in Benchmark.all {
            print(benchmark.name + String(repeating: " ", count: 14 - benchmark.name.count) + benchmark.summary)
        }
        exit(0)
    case "--quick": isQuick = true
    case let option where option.hasPrefix("-"): fail("there is no option \(option)\n\n" + usage, status: 2)
    case let name:
        guard Benchmark.all.contains(where: { $0.name == name }) else { fail("there is no benchmark \(name); see --list", status: 2) }
        names.append(name)
    }
}

#if DEBUG
print("This is a debug build: its numbers mean nothing.\n")
#endif
let stopwatch = isQuick ? Stopwatch(runs: 3, runSeconds: 0.01) : Stopwatch(runs: 9, runSeconds: 0.1)
for benchmark in Benchmark.all where names.isEmpty || names.contains(benchmark.name) {
    print("## \(benchmark.name): \(benchmark.summary)\n")
    do {
        try benchmark.run(stopwatch)
    } catch {
        fail("\(benchmark.name): \(error)", status: 1)
    }
}
