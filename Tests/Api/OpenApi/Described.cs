using System.Net.Http.Json;
using System.Text.Json;

namespace Wyckoff.Tests.Api.OpenApi;

/// <summary>The OpenAPI document of a running service, with its operations and schemas.</summary>
internal sealed class Described
{
    private Described(JsonElement document)
    {
        Document = document;
        Schemas = new(document);
        Operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
            from method in path.Value.EnumerateObject()
            select new Operation(method.Name.ToUpperInvariant(), path.Name, method.Value, document),
        ];
    }

    public JsonElement Document { get; }

    public DocumentSchemas Schemas { get; }

    public IReadOnlyList<Operation> Operations { get; }

    public static async Task<Described> ReadAsync(HttpClient client) =>
        new(await client.GetFromJsonAsync<JsonElement>("/openapi/v1.json", TestContext.Current.CancellationToken));

    /// <summary>Compares a response with the document. Returns the first error, or null if the response is as described.</summary>
    public string? FindError(Operation operation, int status, string? type, byte[] body)
    {
        if (!operation.Responses.TryGetProperty(status.ToString(System.Globalization.CultureInfo.InvariantCulture), out var response))
        {
            return $"the status {status} is not documented";
        }

        if (!response.TryGetProperty("content", out var content))
        {
            return body.Length == 0 ? null : "the body is not documented";
        }

        if (type is null || !content.TryGetProperty(type, out var media))
        {
            return body.Length == 0 && status == 304 ? null : $"the type {type ?? "(none)"} is not documented for {status}";
        }

        if (!type.EndsWith("json", StringComparison.Ordinal) || type.EndsWith("ndjson", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var errors = Schemas.Errors(media.GetProperty("schema"), JsonDocument.Parse(body).RootElement);
            return errors.Count == 0 ? null : string.Join("; ", errors.Take(5));
        }
        catch (JsonException e)
        {
            return $"the body is not JSON: {e.Message}";
        }
    }

    /// <summary>Checks a problem document against the schema of problems, for responses of paths that are not in the document.</summary>
    public string? FindProblemError(byte[] body, out JsonElement problem)
    {
        problem = default;
        try
        {
            problem = JsonDocument.Parse(body).RootElement;
            return
                Schemas.Errors(Document.GetProperty("components").GetProperty("schemas").GetProperty("Problem"), problem) is [var error, ..]
                ? error
                : null;
        }
        catch (JsonException e)
        {
            return $"the body is not JSON: {e.Message}";
        }
    }

    public sealed record Operation(string Method, string Path, JsonElement Element, JsonElement Document)
    {
        public string Id => Element.TryGetProperty("operationId", out var id) ? id.GetString()! : "";

        public JsonElement Responses => Element.GetProperty("responses");

        public IReadOnlyList<JsonElement> Parameters =>
            Element.TryGetProperty("parameters", out var parameters) ? [.. parameters.EnumerateArray()] : [];

        /// <summary>The content types of the request body, with their examples.</summary>
        public IReadOnlyList<(string Type, string? Example)> Bodies =>
            Element.TryGetProperty("requestBody", out var body)
                ?
                [
                    .. body.GetProperty("content")
                        .EnumerateObject()
                        .Select(media => (media.Name, media.Value.TryGetProperty("example", out var example) ? Text(example) : null)),
                ]
                : [];

        /// <summary>Returns an element of the operation, or what it refers to.</summary>
        public JsonElement Resolve(JsonElement element) =>
            element.TryGetProperty("$ref", out var reference)
                ? reference.GetString()!.Split('/').Skip(1).Aggregate(Document, (part, name) => part.GetProperty(name))
                : element;

        /// <summary>Returns the path and query with the examples of the parameters.</summary>
        public string ExampleUrl()
        {
            var (path, query) = (Path, new List<string>());
            foreach (var parameter in Parameters)
            {
                var name = parameter.GetProperty("name").GetString()!;
                if (!parameter.TryGetProperty("example", out var example))
                {
                    continue;
                }

                if (parameter.GetProperty("in").GetString() == "path")
                {
                    path = path.Replace($"{{{name}}}", Uri.EscapeDataString(Text(example)), StringComparison.Ordinal);
                }
                else
                {
                    query.Add($"{name}={Uri.EscapeDataString(Text(example))}");
                }
            }

            return query.Count == 0 ? path : $"{path}?{string.Join('&', query)}";
        }

        public override string ToString() => $"{Method} {Path}";

        private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
    }
}
