using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Wyckoff.Tests.Accounts;

namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>Tests that the service behaves as its OpenAPI document says.</summary>
public sealed class ConformanceTests(SampleDatabase database) : IClassFixture<SampleDatabase>
{
    /// <summary>The confirmation of a deletion. It has no example, because documentation pages fill in examples.</summary>
    private const string Confirmation = "confirm";

    private static readonly string[] MethodOrder = ["POST", "PUT", "GET", "PATCH", "DELETE"];

    /// <summary>
    /// The operations whose examples fail here: no provider is configured, in local mode nobody signs in, and the confirmation of the
    /// account's deletion is wrong.
    /// </summary>
    private static readonly Dictionary<string, HttpStatusCode> Failing = new(StringComparer.Ordinal)
    {
        ["Sync"] = HttpStatusCode.BadRequest,
        ["SignIn"] = HttpStatusCode.NotFound,
        ["EndSession"] = HttpStatusCode.NotFound,
        ["SignOut"] = HttpStatusCode.Conflict,
        ["RequestAccess"] = HttpStatusCode.Conflict,
        ["DeleteOwnAccount"] = HttpStatusCode.BadRequest,
    };

    /// <summary>What people need before they have a key.</summary>
    private static readonly string[] Open = ["/problems", "/problems/{name}", "/v1/auth", "/v1/auth/{provider}", "/v1/waitlist"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_description_of_every_operation_is_complete()
    {
        await using var api = new ApiServer(database.AppConnection);
        var described = await Described.ReadAsync(api.CreateClient());
        Assert.StartsWith("3.1", described.Document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.True(described.Operations.Count >= 15);
        Assert.Equal(
            described.Operations.Count,
            described.Operations.Select(operation => operation.Id).Distinct(StringComparer.Ordinal).Count()
        );
        var missing = new List<string>();
        foreach (var operation in described.Operations)
        {
            Expect(operation.Id.Length > 0, "an id");
            Expect(operation.Element.TryGetProperty("summary", out _), "a summary");
            Expect(operation.Element.TryGetProperty("tags", out var tags) && tags.GetArrayLength() > 0, "a tag");
            Expect(operation.Responses.EnumerateObject().Any(response => response.Name[0] is '2' or '3'), "a successful response");
            Expect(
                operation.Responses.TryGetProperty("500", out _) && operation.Responses.TryGetProperty("429", out _),
                "the problems of all operations"
            );
            var schemes = operation.Element.TryGetProperty("security", out var security)
                ? security.EnumerateArray().SelectMany(one => one.EnumerateObject().Select(scheme => scheme.Name)).ToList()
                : [];
            Expect(
                Open.Contains(operation.Path.TrimEnd('/')) ? schemes.Count == 0 : schemes.SequenceEqual(["ApiKey", "Session"]),
                "the security schemes"
            );
            Expect(
                schemes.All(scheme =>
                    described.Document.GetProperty("components").GetProperty("securitySchemes").TryGetProperty(scheme, out _)
                ),
                "the schemes themselves"
            );
            Expect(schemes.Count == 0 || operation.Responses.TryGetProperty("401", out _), "the response without a key");
            Expect(operation.Bodies.Count == 0 || operation.Bodies.Any(body => body.Example is not null), "an example of the body");
            foreach (var parameter in operation.Parameters)
            {
                var name = parameter.GetProperty("name").GetString();
                Expect(
                    parameter.TryGetProperty("description", out _) || parameter.TryGetProperty("example", out _),
                    $"a description of {name}"
                );
                Expect(parameter.TryGetProperty("schema", out _), $"a schema of {name}");
                Expect(
                    !parameter.TryGetProperty("required", out var required)
                        || !required.GetBoolean()
                        || name == Confirmation
                        || parameter.TryGetProperty("example", out _),
                    $"an example of the required parameter {name}"
                );
            }

            foreach (var response in operation.Responses.EnumerateObject())
            {
                foreach (
                    var (type, media) in response.Value.TryGetProperty("content", out var content)
                        ? content.EnumerateObject().Select(property => (property.Name, property.Value))
                        : []
                )
                {
                    Expect(
                        response.Name[0] is '2' or '3' || type == "application/problem+json",
                        $"a problem document for {response.Name}, not {type}"
                    );
                    var examples = media.TryGetProperty("examples", out var several)
                        ? several.EnumerateObject().Select(example => operation.Resolve(example.Value).GetProperty("value")).ToList()
                        : [];
                    if (media.TryGetProperty("example", out var single))
                    {
                        examples.Add(single);
                    }

                    Expect(
                        examples.Count > 0 || type is not ("application/json" or "application/problem+json"),
                        $"an example of {response.Name} {type}"
                    );
                    foreach (var wrong in examples.SelectMany(example => described.Schemas.Errors(media.GetProperty("schema"), example)))
                    {
                        missing.Add($"{operation}: the example of {response.Name} {type} is wrong: {wrong}");
                    }
                }
            }

            void Expect(bool exists, string what)
            {
                if (!exists)
                {
                    missing.Add($"{operation}: {what} is missing.");
                }
            }
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Fact]
    public async Task The_example_of_every_operation_gets_a_described_response()
    {
        // The example of a decision needs a request for access.
        await TestAccounts.Directory(database).JoinWaitlistAsync("Wanda", "wanda@example.org", null, null, Token);
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        var described = await Described.ReadAsync(api.Client);
        var wrong = new List<string>();
        // Operations that create come first, because others read what they create. Deletions come last, and that of a ticker, with which
        // its bars and feeds go, after all others.
        var ordered = described.Operations.OrderBy(operation => Array.IndexOf(MethodOrder, operation.Method)).ThenBy(IsConfirmed);
        foreach (var operation in ordered)
        {
            var types = operation
                .Responses.EnumerateObject()
                .Where(response => response.Name.StartsWith('2') && response.Value.TryGetProperty("content", out _))
                .SelectMany(response => response.Value.GetProperty("content").EnumerateObject().Select(media => media.Name))
                .DefaultIfEmpty("*/*")
                .ToList();
            foreach (var type in types)
            {
                using var request = new HttpRequestMessage(
                    new(operation.Method),
                    operation.ExampleUrl() + (IsConfirmed(operation) ? $"?{Confirmation}=SPY" : "")
                );
                request.Headers.TryAddWithoutValidation("Accept", type);
                if (operation.Bodies.FirstOrDefault(body => body.Example is not null) is { Type: { } sent } body)
                {
                    request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.Example!)) { Headers = { ContentType = new(sent) } };
                }

                using var response = await api.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
                var got = response.Content.Headers.ContentType?.MediaType;
                var bytes = type == "text/event-stream" ? [] : await response.Content.ReadAsByteArrayAsync(Token);
                var expected = Failing.GetValueOrDefault(operation.Id);
                if (expected != 0 ? response.StatusCode != expected : !response.IsSuccessStatusCode)
                {
                    wrong.Add($"{operation} {type}: {(int)response.StatusCode} {Encoding.UTF8.GetString(bytes)}");
                }
                else if (expected == 0 && type != "*/*" && got != type)
                {
                    wrong.Add($"{operation}: {type} was requested, but {got} was returned.");
                }
                else if (described.FindError(operation, (int)response.StatusCode, got, bytes) is { } error)
                {
                    wrong.Add($"{operation} {type}: {error}");
                }
                else if (!Fits(type, bytes))
                {
                    wrong.Add($"{operation}: the body is not {type}.");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task The_http_file_contains_every_operation_and_no_unknown_one()
    {
        await using var api = new ApiServer(database.AppConnection);
        var described = await Described.ReadAsync(api.CreateClient());
        var text = await File.ReadAllTextAsync(Path.Combine(Run.Root, "Api", "Wyckoff.Api.http"), Token);
        var requests = Regex
            .Matches(text, @"^([A-Z]+) \{\{wyckoff\}\}(/[^?\s]*)", RegexOptions.Multiline)
            .Select(match => (Method: match.Groups[1].Value.Replace("HEAD", "GET", StringComparison.Ordinal), Path: match.Groups[2].Value))
            .ToList();
        Assert.All(described.Operations, operation => Assert.Contains(requests, request => Matches(request, operation)));
        Assert.All(
            requests,
            request =>
                Assert.True(
                    request.Path is "/health" or "/openapi/v1.json" || described.Operations.Any(operation => Matches(request, operation)),
                    request.ToString()
                )
        );

        static bool Matches((string Method, string Path) request, Described.Operation operation) =>
            request.Method == operation.Method
            && Regex.IsMatch(request.Path, "^" + Regex.Replace(operation.Path.TrimEnd('/'), @"\{[^}]+\}", "[^/]+") + "/?$");
    }

    private static bool IsConfirmed(Described.Operation operation) =>
        operation.Parameters.Any(parameter => parameter.GetProperty("name").GetString() == Confirmation);

    private static bool Fits(string type, byte[] bytes) =>
        type switch
        {
            "application/x-ndjson" => Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                is { Length: > 0 } lines
                && lines.All(line => JsonDocument.Parse(line).RootElement.ValueKind == JsonValueKind.Object),
            "text/csv" => Encoding.UTF8.GetString(bytes).Split('\n') is [var header, { Length: > 0 } first, ..]
                && header.Split(',').Length == first.Split(',').Length,
            "application/vnd.apache.parquet" => bytes.AsSpan(0, 4).SequenceEqual("PAR1"u8) && bytes.AsSpan(^4).SequenceEqual("PAR1"u8),
            _ => true,
        };
}
