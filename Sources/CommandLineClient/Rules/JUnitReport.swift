internal import ConfigFile
internal import RuleTesting

/// Results of unit tests in the XML that continuous integration reads, with the elements and attributes that promtool writes.
struct JUnitReport {
    private var suites = ""

    var text: String { "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n\(suites)</testsuites>\n" }

    /// Adds the tests of a file.
    ///
    /// - Parameter time: when they ran, RFC 3339.
    mutating func add(_ result: UnitTestFileResult, at time: String) {
        let failures = result.outcomes.reduce(0) { $0 + $1.failures.count }
        let errors = result.faults.isEmpty ? 0 : 1
        let tests = result.outcomes.count + errors
        suites += "  <testsuite name=\(quoted(result.path)) tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"0\""
        suites += " timestamp=\(quoted(time))>\n"
        if !result.faults.isEmpty {
            let text = result.faults.map(\.description).joined(separator: "\n")
            suites += "    <testcase name=\"unknown\">\n      <error>\(JUnitReport.escaped(text))</error>\n    </testcase>\n"
        }
        let renderer = UnitTestRenderer(terminal: Terminal(width: 120, hasUnicode: true), isWhole: false)
        for outcome in result.outcomes {
            suites += "    <testcase name=\(quoted(outcome.name))"
            if outcome.failures.isEmpty {
                suites += "></testcase>\n"
                continue
            }
            suites += ">\n"
            for failure in outcome.failures {
                suites += "      <failure>\(JUnitReport.escaped(renderer.text(of: failure, in: result.path)))</failure>\n"
            }
            suites += "    </testcase>\n"
        }
        suites += "  </testsuite>\n"
    }

    private func quoted(_ text: String) -> String { "\"" + JUnitReport.escaped(text) + "\"" }

    /// Text between tags or in quotes. What XML 1.0 cannot say becomes the replacement character.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&#34;"
            case "\n": result += "&#xA;"
            case "\t": result += "&#x9;"
            case "\r": result += "&#xD;"
            case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: result += "\u{fffd}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
