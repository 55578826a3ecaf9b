internal import Collector
internal import CommandLineClient
internal import Foundation

/// Takes the files of a backup from a running server.
struct RemoteBackupSource: BackupSource {
    let client: PerchClient

    func files() async throws -> [BackupSourceFile] {
        struct Envelope: Decodable { var data: [BackupSourceFile] }
        var body = Data()
        do throws(ClientError) {
            guard try await client.download("/api/v1/storage/files", [], { body += $0 }) else { return [] }
        } catch {
            throw StorageCommandError(error)
        }
        do { return try JSONDecoder().decode(Envelope.self, from: body).data } catch {
            throw StorageCommandError("the server gave a list of files that cannot be read: \(error)")
        }
    }

    func copy(_ name: String, to path: String) async throws -> BackupCopy? {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw StorageCommandError("\(path): cannot be created")
        }
        var description = ""
        do throws(ClientError) {
            let isThere = try await client.download(
                "/api/v1/storage/file", [("name", name)], begin: { description = $0["perch-copy"] ?? "" },
                { try file.write(contentsOf: $0) })
            guard isThere else {
                try? FileManager.default.removeItem(atPath: path)
                return nil
            }
        } catch {
            throw StorageCommandError(error)
        }
        try file.synchronize()
        try file.close()
        do { return try JSONDecoder().decode(BackupCopy.self, from: Data(description.utf8)) } catch {
            throw StorageCommandError("the server does not say what it sent as \(name); is it another version?")
        }
    }
}

extension StorageImport.Destination {
    /// A running server.
    static func server(_ client: PerchClient) -> StorageImport.Destination {
        .server { body, isV2 in
            let type = isV2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "application/x-protobuf"
            let headers = [
                ("Content-Type", type), ("Content-Encoding", "snappy"),
                ("X-Prometheus-Remote-Write-Version", isV2 ? "2.0.0" : "0.1.0"),
            ]
            let reply: PerchClient.Reply
            do throws(ClientError) { reply = try await client.upload("/api/v1/write", headers: headers, body: body) } catch {
                throw StorageCommandError(error)
            }
            let written = ["samples", "histograms", "exemplars"].compactMap { kind in
                reply.headers["x-prometheus-remote-write-\(kind)-written"].flatMap { Int($0) }
            }
            return RemoteWriteReply(
                status: reply.status, body: reply.body, written: written.isEmpty ? nil : written.reduce(0, +),
                retryAfterSeconds: reply.headers["retry-after"].flatMap { Int($0) })
        }
    }
}
