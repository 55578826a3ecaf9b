internal import HTTPAPI
internal import Testing

@Suite struct ExpressionAPITests {
    @Test func queriesAreFormatted() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.post("/api/v1/format_query", form: "query=sum(rate(x[5m]))by(job)")
            #expect(answer.text == #"{"status":"success","data":"sum by (job) (rate(x[5m]))"}"#)
            connection.expectFailure(
                try await connection.get("/api/v1/format_query?query=sum("), 400, "bad_data", #"invalid parameter \"query\""#)
        }
    }

    @Test func queriesAreShownAsTrees() async throws {
        try await TestServer().run { connection async throws in
            let answer = try await connection.get(
                "/api/v1/parse_query?query=sum%20by%20(job)%20(x%7Ba!=%22b%22%7D%20offset%205m)%20%3E%20bool%202")
            #expect(
                answer.text == #"{"status":"success","data":{"type":"binaryExpr","op":">","lhs":{"type":"aggregation","op":"sum","#
                    + #""expr":{"type":"vectorSelector","name":"x","matchers":[{"name":"a","type":"!=","value":"b"},"#
                    + #"{"name":"__name__","type":"=","value":"x"}],"offset":300000,"timestamp":null,"startOrEnd":null,"#
                    + #""anchored":false,"smoothed":false},"param":null,"grouping":["job"],"without":false},"#
                    + #""rhs":{"type":"numberLiteral","val":"2"},"matching":null,"bool":true}}"#)
            let call = try await connection.get("/api/v1/parse_query?query=rate(x%5B1m%5D%20@%20start())")
            #expect(
                call.text.contains(
                    #""func":{"name":"rate","argTypes":["matrix"],"variadic":0,"returnType":"vector"},"args":[{"type":"matrixSelector""#))
            #expect(call.text.contains(#""startOrEnd":"start""#) && call.text.contains(#""range":60000"#))
        }
    }
}
