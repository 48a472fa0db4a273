using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Net.Http.Headers;
using Wyckoff.Client;

namespace Wyckoff.Web.Access;

/// <summary>
/// Reads and changes documents of the API by their path, with their ETag, for forms that are the same for several documents. The client
/// has a method and a class for each.
/// </summary>
internal sealed class TaggedApi(HttpClient api)
{
    /// <summary>Reads something with its ETag.</summary>
    public async Task<(JsonObject Value, string Tag)> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request);
    }

    /// <summary>Sends a change that happens only if the ETag is current; without a tag, only if there is nothing yet.</summary>
    public async Task<(JsonObject Value, string Tag)> ChangeAsync(HttpMethod method, string path, JsonObject? body, string? tag)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation(tag is null ? HeaderNames.IfNoneMatch : HeaderNames.IfMatch, tag ?? "*");
        return await SendAsync(request);
    }

    private async Task<(JsonObject, string)> SendAsync(HttpRequestMessage request)
    {
        using var response = await api.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        if (response.IsSuccessStatusCode)
        {
            return (text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject(), response.Headers.ETag?.ToString() ?? "");
        }

        var problem =
            response.Content.Headers.ContentType?.MediaType == "application/problem+json"
                ? JsonSerializer.Deserialize<Problem>(text)
                : null;
        var (message, status) = ("The API refused the request.", (int)response.StatusCode);
        var headers = response.Headers.ToDictionary(header => header.Key, header => header.Value, StringComparer.OrdinalIgnoreCase);
        throw problem is null
            ? new WyckoffException(message, status, text, headers, null)
            : new WyckoffException<Problem>(message, status, text, headers, problem, null);
    }
}
