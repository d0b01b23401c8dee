import HTTP
import Instruments
import Messaging
import Testing

@testable import HTTPServer
@testable import Management

@Suite struct EndpointDeclarationTests {
    private enum Order: UInt8, Vocabulary {
        case name, members
        var label: String { self == .name ? "name" : "members" }
    }

    private static let limit = Parameter.integer("limit", in: 1...1000, default: 100, "How many.")
    private static let code = Parameter<Int?>.integer("code", in: 1000...4999, "Which.")
    private static let sort = Parameter<Order>.word("sort", default: .members, "By what.")
    private static let user = Parameter<UserID?>.user("Whose.")
    private static let room = Parameter<RoomName>.room
    private static let connection = Parameter<ConnectionID>.connection

    private static let declaration = EndpointDeclaration(
        "test",
        .get,
        "/rooms/{room}",
        "For tests.",
        parameters: [limit, code, sort, user, room],
        answers: []
    )

    private func request(_ query: String, room: String = "lobby") throws -> HTTPRequest {
        HTTPRequest(
            head: try head("GET /rooms/x\(query)"),
            parameters: HTTPParameters([(name: "room", value: room)]),
            peer: try peer()
        )
    }

    /// What is wrong with a request; `nil` if nothing is.
    private func problem(_ query: String, room: String = "lobby") throws -> HTTPProblem? {
        let request = try self.request(query, room: room)
        do throws(HTTPProblem) {
            try Self.declaration.check(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what a request does not bring has its default`() throws {
        let request = try self.request("")
        #expect(try self.problem("") == nil)
        #expect(try request[Self.limit] == 100)
        #expect(try request[Self.code] == nil)
        #expect(try request[Self.sort] == .members)
        #expect(try request[Self.user] == nil)
        #expect(try request[Self.room] == RoomName("lobby"))
    }

    @Test func `what a request brings is read, decoded`() throws {
        let query = "?limit=1&code=4999&sort=name&user=anna+m%C3%BCller"
        let request = try self.request(query, room: "a/b")
        #expect(try self.problem(query, room: "a/b") == nil)
        #expect(try request[Self.limit] == 1)
        #expect(try request[Self.code] == 4999)
        #expect(try request[Self.sort] == .name)
        #expect(try request[Self.user] == UserID("anna müller"))
        #expect(try request[Self.room] == RoomName("a/b"))
    }

    @Test(arguments: [
        ("?limit=0", #"limit is "0", but must be a whole number from 1 to 1000"#),
        ("?limit=1001", #"limit is "1001", but must be a whole number from 1 to 1000"#),
        ("?limit=%2B5", #"limit is "+5", but must be a whole number from 1 to 1000"#),
        ("?limit=99999999999999999999", #"limit is "99999999999999999999", but must be a whole number from 1 to 1000"#),
        ("?limit", #"limit is "", but must be a whole number from 1 to 1000"#),
        ("?limit=5&limit=6", "limit is given more than once; give it once"),
        ("?code=1", #"code is "1", but must be a whole number from 1000 to 4999"#),
        ("?sort=member", #"sort is "member", but must be one of name, members; did you mean members?"#),
        ("?sort=zzz", #"sort is "zzz", but must be one of name, members"#),
        (
            "?user=_g",
            #"user is "_g", but must be the id of a user, and user ids that begin with _ are the gateway's own"#
        ),
        ("?limti=5", #""limti" is no parameter here; did you mean limit?"#),
        ("?Limit=5", #""Limit" is no parameter here; did you mean limit?"#),
        ("?room=a", #""room" is no parameter here; this path takes limit, code, sort, user"#),
        ("?%0Ax=5", #""\nx" is no parameter here; this path takes limit, code, sort, user"#),
    ])
    func `what is wrong is named, with what would be right`(query: String, detail: String) throws {
        let problem = try #require(try self.problem(query))
        #expect(problem.status == .badRequest)
        #expect(problem.detail == detail)
        #expect(problem.members.map(\.name) == ["parameter"])
    }

    @Test func `a path that names nothing possible is refused`() throws {
        let problem = try #require(try self.problem("", room: "_inner"))
        let reason = "room names that begin with _ are the gateway's own"
        #expect(problem.detail == #"room is "_inner", but must be the name of a room, and \#(reason)"#)
        let parameters = [Self.connection]
        let declaration = EndpointDeclaration("c", .get, "/{connectionId}", "", parameters: parameters, answers: [])
        for id in ["", "01J", "01JDQZ7Q4T8Y0N8S2V6K3M5P7U", "81JDQZ7Q4T8Y0N8S2V6K3M5P7A"] {
            let request = HTTPRequest(
                head: try head("GET /x"),
                parameters: HTTPParameters([(name: "connectionId", value: id)]),
                peer: try peer()
            )
            #expect(throws: HTTPProblem.self) { try declaration.check(request) }
        }
    }

    @Test func `what is long is shown shortened`() throws {
        let long = String(repeating: "x", count: 5000)
        let problem = try #require(try self.problem("?sort=\(long)&\(long)=1"))
        #expect((problem.detail ?? "").count < 200)
        let unknown = try #require(try self.problem("?\(long)=1"))
        #expect((unknown.detail ?? "").count < 250)
        #expect((unknown.members.first?.value.count ?? 0) < 200)
    }

    @Test func `whoever ignores further parameters does so, repeated or not`() throws {
        let flag = Parameter.flag("verbose", "More.")
        let declaration = EndpointDeclaration(
            "probe",
            .get,
            "/x",
            "",
            parameters: [flag],
            ignoresOtherParameters: true,
            answers: []
        )
        let request = try self.request("?a=b&a=c&verbose=0&verbose")
        try declaration.check(request)
        #expect(try request[flag])
        #expect(try self.request("?a")[flag] == false)
    }

    @Test func `a parameter without a default is missed`() throws {
        let key = Parameter<RoomName>("r", in: .query, .text(), default: nil, "The room.") {
            text throws(ParameterFault) in
            do { return try RoomName(text) } catch { throw ParameterFault("a room") }
        }
        let declaration = EndpointDeclaration("k", .get, "/x", "", parameters: [key], answers: [])
        let request = try self.request("")
        let problem = #expect(throws: HTTPProblem.self) { try declaration.check(request) }
        #expect(problem?.detail == "r is missing: The room.")
        #expect(throws: HTTPProblem.self) { try request[key] }
    }
}
