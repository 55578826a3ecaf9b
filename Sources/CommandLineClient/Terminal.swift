#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// What the terminal that output goes to can show.
public struct Terminal: Sendable, Hashable {
    /// In columns.
    public var width: Int
    /// In rows.
    public var height: Int
    public var hasColor: Bool
    /// Whether characters beyond ASCII show, braille among them.
    public var hasUnicode: Bool
    /// Whether it is one at all; a file or another program takes lines of any width.
    public var isWindow: Bool

    public init(width: Int = 80, height: Int = 24, hasColor: Bool = false, hasUnicode: Bool = true, isWindow: Bool = false) {
        self.width = width
        self.height = height
        self.hasColor = hasColor
        self.hasUnicode = hasUnicode
        self.isWindow = isWindow
    }

    /// Judges by environment variables: `COLUMNS` and `LINES`, `NO_COLOR` (no colour, whatever its value, unless empty), `TERM=dumb`, and
    /// the encoding in `LC_ALL`, `LC_CTYPE` or `LANG`.
    ///
    /// - Parameter window: the size of the window, if output goes to one.
    public init(environment: [String: String], window: (width: Int, height: Int)?) {
        self.init(
            width: environment["COLUMNS"].flatMap(Int.init) ?? window?.width ?? 80,
            height: environment["LINES"].flatMap(Int.init) ?? window?.height ?? 24, isWindow: window != nil)
        let isDumb = environment["TERM"] == "dumb"
        hasColor = window != nil && !isDumb && environment["NO_COLOR", default: ""].isEmpty
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
        let encoding = locale.split(separator: ".").dropFirst().first?.lowercased().prefix { $0 != "@" } ?? ""
        // Where no locale is set, as in containers, UTF-8 is the better guess.
        hasUnicode = !isDumb && (locale.isEmpty || encoding == "utf-8" || encoding == "utf8" || locale.hasPrefix("C.UTF"))
    }

    /// The terminal behind standard output.
    public static func standardOutput(environment: [String: String]) -> Terminal {
        var size = winsize()
        let isWindow = isatty(STDOUT_FILENO) == 1
        let isSized = isWindow && ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        let window = isSized ? (Int(size.ws_col), Int(size.ws_row)) : isWindow ? (80, 24) : nil
        return Terminal(environment: environment, window: window)
    }
}
