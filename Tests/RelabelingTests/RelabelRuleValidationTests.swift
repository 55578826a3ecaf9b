internal import Relabeling
internal import Testing

@Suite("Relabelling rules that make no sense are refused")
struct RelabelRuleValidationTests {
    static let cases: [(RelabelRule, RelabelRuleError.Setting)] = [
        (RelabelRule(), .targetLabel),
        (RelabelRule(action: .hashmod, targetLabel: "x"), .modulus),
        (RelabelRule(action: .hashmod, modulus: 3), .targetLabel),
        (RelabelRule(action: .lowercase), .targetLabel),
        (RelabelRule(action: .uppercase, targetLabel: "x", replacement: "y"), .replacement),
        (RelabelRule(action: .keepequal, regex: "x", targetLabel: "y"), .regex),
        (RelabelRule(action: .dropequal, separator: ",", targetLabel: "y"), .separator),
        (RelabelRule(action: .labeldrop, sourceLabels: ["a"], regex: "b"), .sourceLabels),
        (RelabelRule(action: .labelkeep, regex: "b", targetLabel: "a"), .targetLabel),
        (RelabelRule(action: .labelmap, regex: "b", replacement: ""), .replacement),
        (RelabelRule(action: .keep, sourceLabels: ["a"], regex: "(unclosed"), .regex),
        (RelabelRule(action: .keep, sourceLabels: [""], regex: "a"), .sourceLabels),
    ]

    @Test(arguments: cases)
    func `the setting at fault is named`(rule: RelabelRule, setting: RelabelRuleError.Setting) {
        do {
            _ = try RelabelRules([RelabelRule(action: .keep, sourceLabels: ["a"]), rule])
            Issue.record("\(rule) was taken")
        } catch {
            #expect(error.setting == setting)
            #expect(error.index == 1)
            #expect(error.description.hasPrefix("rule 2: "))
        }
    }
}
