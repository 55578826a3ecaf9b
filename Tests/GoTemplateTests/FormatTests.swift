internal import GoTemplate
internal import TestSupport
internal import Testing

/// `printf` as Go's `fmt` has it.
struct FormatTests {
    @Test(arguments: [
        (
            "%d|%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%#o|%O|%b|%#b", "17 17 17 17 17 17 17 17 17 17 17 17 17 17",
            "17|   17|17   |00017|+17| 17|11|11|0x11|21|021|0o21|10001|0b10001"
        ),
        ("%c|%q|%U|%#U", "97 97 97 97", "a|'a'|U+0061|U+0061 'a'"), ("%.3d|%6.3d|%.0d", "7 7 0", "007|   007|"),
        ("%d|%05d|%x", "-17 -17 -255", "-17|-0017|-ff"),
        (
            "%s|%10s|%-10s|%.2s|%q|%x|%X|% x|%#q", "\"text\" \"text\" \"text\" \"text\" \"a\\n\" \"hi\" \"hi\" \"hi\" \"hi\"",
            "text|      text|text      |te|\"a\\n\"|6869|6869|68 69|`hi`"
        ),
        ("%5s|%-5s|%.1s", "\"é\" \"é\" \"éa\"", "    é|é    |é"), ("%t|%v|%5t", "true false true", "true|false| true"),
        (
            "%f|%.2f|%8.3f|%-8.1f|%08.3f|%+.1f|%e|%.1e|%E|%g|%G|%.3g|%6.2f%%",
            "1.5 1.005 3.14159 2.5 3.14159 2.5 1234.5 1234.5 1234.5 1e21 1e21 1234.5 50.0",
            "1.500000|1.00|   3.142|2.5     |0003.142|+2.5|1.234500e+03|1.2e+03|1.234500E+03|1e+21|1E+21|1.23e+03| 50.00%"
        ),
        ("%v|%v|%v|%v", "1 \"a\" 1.5 nil", "1|a|1.5|<nil>"), ("%T %T %T %T", "1 \"a\" 1.5 true", "int string float64 bool"),
        ("%[2]d %[1]d", "1 2", "2 1"), ("%[2]*[1]d", "1 4", "   1"), ("%*d", "5 42", "   42"), ("%-*d|", "5 42", "42   |"),
        ("%.*f", "2 3.14159", "3.14"),
        ("%d", "\"a\"", "%!d(string=a)"), ("%s", "1", "%!s(int=1)"), ("%s", "nil", "%!s(<nil>)"), ("%d", "", "%!d(MISSING)"),
        ("%!", "1", "%!!(int=1)"),
        ("%", "", "%!(NOVERB)"), ("x", "1 \"a\"", "x%!(EXTRA int=1, string=a)"), ("%[3]d", "1", "%!d(BADINDEX)"),
        ("%[x]d", "1", "%!d(BADINDEX)"),
        ("%z", "1.5", "%!z(float64=1.5)"), ("%%", "", "%"), ("100%%", "", "100%"), ("%*d", "\"a\" 1", "%!(BADWIDTH)1"),
        ("%.0f|%.0f|%.0f", "0.5 1.5 2.5", "0|2|2"),
        ("%6v|%-6v|%06d", "1 true 12", "     1|true  |000012"), ("%.2f", "2.675", "2.67"), ("%.10f", "0.1", "0.1000000000"),
        ("%.20f", "0.1", "0.10000000000000000555"),
        ("%5%|%d", "1", "%|1"), ("%g %g %g", "100000.0 1000000.0 1e-5", "100000 1e+06 1e-05"), ("%.3e", "0.0", "0.000e+00"),
        ("%v", "1e20", "1e+20"),
    ])
    func `verbs write values`(format: String, arguments: String, output: String) throws {
        let quoted = format.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        #expect(try render("{{printf \"\(quoted)\" \(arguments)}}") == output)
    }

    @Test func `lists and maps are written with the verb of each element`() throws {
        #expect(try render("{{printf \"%v %s\" .list .map}}") == "[1 two 3] map[a:1 b:2]")
        #expect(try render("{{printf \"%02d\" (slice .list 0 1)}}") == "[01]")
    }

    @Test func `random formats never trap`() throws {
        var generator = SeededGenerator(seed: 21)
        let letters = Array("%%%%dsvqxXeEfgGtcUT0123456789+-# *.[]!é")
        for _ in 0..<3000 {
            let format = String(
                (0..<Int.random(in: 0...12, using: &generator)).map { _ in letters.randomElement(using: &generator) ?? "%" })
            let values = ["1", "-5", "\"a\"", "1.5", "nil", "true", ".list", ".map", "999999", ".time", ".person"]
            let arguments = (0..<Int.random(in: 0...3, using: &generator)).map { _ in values.randomElement(using: &generator) ?? "1" }
            _ = failure("{{printf \"\(format)\" \(arguments.joined(separator: " "))}}")
        }
    }
}
