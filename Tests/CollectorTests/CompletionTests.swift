import Foundation
import Testing

/// What shells complete command lines with.
@Suite struct CompletionTests {
    @Test(arguments: ["bash", "zsh", "fish"])
    func `the script of every shell is one that the shell takes`(shell: String) async throws {
        let folder = try TemporaryFolder()
        let script = try await run(PerchProcess.executable, ["--generate-completion-script", shell])
        #expect(script.status == 0)
        for word in ["traces", "operations", "min-duration", "dot", "allow-empty"] { #expect(script.output.contains(word)) }
        guard let program = installed(shell) else {
            Issue.record("\(shell) is not installed; scripts/packages.txt names it")
            return
        }
        let checked = try await run(program, ["-n", try folder.write(script.output, to: "perch")])
        #expect(checked.status == 0, "\(checked.error)")
    }

    @Test func `bash completes the formats of a command, and nothing where the server is away`() async throws {
        let program = try #require(installed("bash"))
        let folder = try TemporaryFolder()
        let perch = try PerchProcess.executable
        let script = try await run(perch, ["--generate-completion-script", "bash"])
        let file = try folder.write(script.output, to: "perch")
        let typing = """
            PATH="$(dirname \(perch)):$PATH"
            source \(file)
            complete_words() {
                COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
                "$(complete -p perch | sed 's/.*-F \\([^ ]*\\).*/\\1/')" perch "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
                printf '%s\\n' "${COMPREPLY[*]}"
            }
            complete_words perch traces graph --output ''
            PERCH_URL=http://127.0.0.1:1 complete_words perch traces operations ''
            """
        let typed = try await run(program, ["--norc", "-c", typing])
        let lines = typed.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "table json dot", "\(typed.error)")
        #expect(lines.dropFirst().first?.trimmingCharacters(in: .whitespaces) == "")
    }
}
