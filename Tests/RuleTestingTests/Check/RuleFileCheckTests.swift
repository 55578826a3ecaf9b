import ConfigFile
import RuleTesting
import Rules
import Testing

@Suite struct RuleFileCheckTests {
    private static let names = Corpus.names("check", ["valid", "invalid", "duplicates"])

    private enum Verdict: Int32 {
        case valid = 0
        case invalid = 1
        case duplicates = 3

        init(folderOf name: String) {
            self = name.hasPrefix("valid/") ? .valid : name.hasPrefix("invalid/") ? .invalid : .duplicates
        }
    }

    /// Files whose verdict by Debian's promtool 2.42 is another one, and why.
    private static let exceptions: [String: String] = [
        "valid/duration-as-number": "since Prometheus 3.0 durations are numbers",
        "valid/number-as-duration": "since Prometheus 3.0 numbers are durations",
        "valid/group-labels": "since Prometheus 3.0 groups have labels",
        "valid/query-offset": "since Prometheus 2.53 groups have an offset",
        "valid/label-name-starting-with-digit": "since Prometheus 3.0 names are any UTF-8",
        "valid/utf8-annotation-name": "since Prometheus 3.0 names are any UTF-8",
        "valid/utf8-label-name": "since Prometheus 3.0 names are any UTF-8",
        "valid/utf8-metric-in-expression": "since Prometheus 3.0 names are any UTF-8",
        "valid/utf8-record-name": "since Prometheus 3.0 names are any UTF-8",
        "valid/newer-function": "histogram_avg is there since Prometheus 2.48",
        "valid/newer-template-function": "now and urlQueryEscape are newer",
        "invalid/holt-winters": "Prometheus 3.0 took the function's name away",
        "invalid/limit-with-fraction": "Go's YAML package cuts the fraction off without a word; Perch refuses it",
        "invalid/second-document": "Prometheus reads the first document and drops the rest; Perch refuses the file",
    ]

    private func verdict(_ name: String) throws -> (Verdict, RuleFileCheck) {
        let path = Corpus.path("check", name)
        let check = RuleFileCheck(try Corpus.text(path), file: path)
        if !check.faults.isEmpty { return (.invalid, check) }
        return (check.duplicates.isEmpty ? .valid : .duplicates, check)
    }

    @Test(arguments: names) func `a file is what its folder says`(name: String) throws {
        let (verdict, check) = try verdict(name)
        #expect(verdict == Verdict(folderOf: name), "\(check.faults)")
        for fault in check.faults { #expect(fault.file == Corpus.path("check", name) && fault.line > 0 && fault.column > 0) }
        #expect(verdict != .valid || check.faults.isEmpty)
    }

    @Test(.enabled(if: Promtool.path != nil, "promtool is not installed"), arguments: names)
    func `promtool says the same of it`(name: String) throws {
        let (status, output) = try Promtool.run(["check", "rules", "--lint-fatal", Corpus.path("check", name)])
        let isSame = Verdict(rawValue: status) == Verdict(folderOf: name)
        if let reason = Self.exceptions[name] {
            #expect(!isSame, "no exception is needed any more: \(reason)")
        } else {
            #expect(isSame, "promtool exits \(status): \(output)")
        }
    }

    @Test func `the corpus is there, and exceptions name files of it`() {
        #expect(Self.names.count >= 100)
        #expect(Self.exceptions.keys.allSatisfy(Self.names.contains))
    }

    @Test func `rules are counted, and duplicates told with their places`() throws {
        #expect(try verdict("valid/two-groups").1.ruleCount == 2)
        let duplicates = try verdict("duplicates/two-pairs").1.duplicates
        #expect(duplicates.map(\.name) == ["Down", "a:b"])
        #expect(duplicates.first?.places.map(\.line) == [8, 11])
        let path = Corpus.path("check", "duplicates/two-pairs")
        #expect(RuleFileCheck(try Corpus.text(path), file: path, findsDuplicates: false).duplicates.isEmpty)
    }

    @Test func `faults stand where the fault is`() throws {
        let faults = try verdict("invalid/several-faults").1.faults
        #expect(faults.map(\.line) == [5, 6, 8])
        #expect(faults.first?.message.contains("unclosed left parenthesis") == true)
    }
}
