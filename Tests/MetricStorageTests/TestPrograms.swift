internal import Foundation

/// Programs of this package that tests start; they lie beside the test program.
enum TestPrograms {
    static func path(_ name: String) -> URL {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(name)
    }
}
