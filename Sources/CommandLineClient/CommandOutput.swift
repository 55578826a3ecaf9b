/// Where a command writes: results to standard output, remarks and errors to standard error.
public struct CommandOutput: Sendable {
    private let writeResult: @Sendable (String) -> Void
    private let writeRemark: @Sendable (String) -> Void

    public init(standardOutput: @escaping @Sendable (String) -> Void, standardError: @escaping @Sendable (String) -> Void) {
        writeResult = standardOutput
        writeRemark = standardError
    }

    /// Text for standard output, written as it is.
    func result(_ text: String) { writeResult(text) }

    /// One line for standard error.
    func remark(_ line: String) { writeRemark(line + "\n") }

    /// Runs a command, reports its error, if any, and gives the status that the process is to exit with.
    func reporting(_ body: () async throws(ClientError) -> Void) async -> CommandStatus {
        do throws(ClientError) {
            try await body()
            return .success
        } catch {
            remark("error: " + error.message + (error.excerpt.isEmpty ? "" : "\n" + error.excerpt))
            return error.status
        }
    }
}
