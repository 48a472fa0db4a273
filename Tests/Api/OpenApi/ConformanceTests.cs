using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>The service does what its OpenAPI document says.</summary>
public sealed class ConformanceTests(SampleDatabase database) : IClassFixture<SampleDatabase>
{
    /// <summary>The confirmation of a deletion has no example, because pages of documentation fill examples in.</summary>
    private const string Confirmation = "confirm";

    private static readonly string[] Order = ["POST", "GET", "PUT", "PATCH", "DELETE"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_operation_is_described_to_its_end()
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
            Expect(operation.Responses.EnumerateObject().Any(response => response.Name.StartsWith('2')), "an answer");
            Expect(
                operation.Responses.TryGetProperty("500", out _) && operation.Responses.TryGetProperty("429", out _),
                "the problems all have"
            );
            Expect(operation.Method == "GET" || operation.Responses.TryGetProperty("401", out _), "the operator's key");
            Expect(operation.Bodies.Count == 0 || operation.Bodies.Any(body => body.Example is not null), "an example of its body");
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
                    $"an example of {name}, which has to be there"
                );
            }

            foreach (var response in operation.Responses.EnumerateObject())
            {
                foreach (
                    var (type, media) in response.Value.TryGetProperty("content", out var content)
                        ? content.EnumerateObject().Select(one => (one.Name, one.Value))
                        : []
                )
                {
                    Expect(
                        response.Name[0] is '2' or '3' || type == "application/problem+json",
                        $"a problem document for {response.Name}, not {type}"
                    );
                    var examples = media.TryGetProperty("examples", out var several)
                        ? several.EnumerateObject().Select(one => one.Value.GetProperty("value")).ToList()
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
                        missing.Add($"{operation}: its example of {response.Name} {type} is wrong: {wrong}");
                    }
                }
            }

            void Expect(bool there, string what)
            {
                if (!there)
                {
                    missing.Add($"{operation}: {what} is missing.");
                }
            }
        }

        Assert.True(missing.Count == 0, string.Join('\n', missing));
    }

    [Fact]
    public async Task Every_operation_answers_its_example_as_it_is_described()
    {
        await using var api = await ListeningApi.StartAsync(database.AppConnection);
        var described = await Described.ReadAsync(api.Client);
        var wrong = new List<string>();
        // What is made by the first is read by those after it; what is deleted is deleted last.
        foreach (var operation in described.Operations.OrderBy(operation => Array.IndexOf(Order, operation.Method)))
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
                // No provider is configured here.
                var expected = operation.Id == "Sync" ? HttpStatusCode.BadRequest : 0;
                if (expected != 0 ? response.StatusCode != expected : !response.IsSuccessStatusCode)
                {
                    wrong.Add($"{operation} {type}: {(int)response.StatusCode} {Encoding.UTF8.GetString(bytes)}");
                }
                else if (expected == 0 && type != "*/*" && got != type)
                {
                    wrong.Add($"{operation}: {type} was asked for, and {got} came.");
                }
                else if (described.WrongWith(operation, (int)response.StatusCode, got, bytes) is { } what)
                {
                    wrong.Add($"{operation} {type}: {what}");
                }
                else if (!Fits(type, bytes))
                {
                    wrong.Add($"{operation}: what came is no {type}.");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task The_http_file_walks_through_every_operation_and_no_other()
    {
        await using var api = new ApiServer(database.AppConnection);
        var described = await Described.ReadAsync(api.CreateClient());
        var text = await File.ReadAllTextAsync(Path.Combine(Run.Root, "Api", "Wyckoff.Api.http"), Token);
        var requests = Regex
            .Matches(text, @"^([A-Z]+) \{\{wyckoff\}\}(/[^?\s]*)", RegexOptions.Multiline)
            .Select(match => (Method: match.Groups[1].Value.Replace("HEAD", "GET", StringComparison.Ordinal), Path: match.Groups[2].Value))
            .ToList();
        Assert.All(described.Operations, operation => Assert.Contains(requests, request => Is(request, operation)));
        Assert.All(
            requests,
            request =>
                Assert.True(
                    request.Path is "/health" or "/openapi/v1.json" || described.Operations.Any(operation => Is(request, operation)),
                    request.ToString()
                )
        );

        static bool Is((string Method, string Path) request, Described.Operation operation) =>
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
