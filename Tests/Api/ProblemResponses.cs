using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wyckoff.Tests.Api;

/// <summary>Reads and checks responses that are problem documents.</summary>
internal static class ProblemResponses
{
    /// <summary>Reads a problem document, and checks the status and the type.</summary>
    public static async Task<JsonElement> ReadProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string type)
    {
        Assert.Equal((status, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.Equal(type, problem.GetProperty("type").GetString());
        return problem;
    }

    /// <summary>Reads the names of the parameters and fields that a 400 response rejects, each with its first message.</summary>
    public static async Task<Dictionary<string, string>> ReadErrorsAsync(this HttpResponseMessage response) =>
        (await response.ReadProblemAsync(HttpStatusCode.BadRequest, "/problems/invalid-parameters"))
            .GetProperty("errors")
            .EnumerateObject()
            .ToDictionary(error => error.Name, error => error.Value[0].GetString()!, StringComparer.Ordinal);

    /// <summary>Reads the names of the parameters and fields that a 400 response rejects, in alphabetical order.</summary>
    public static async Task<IEnumerable<string>> ReadInvalidNamesAsync(this HttpResponseMessage response) =>
        (await response.ReadErrorsAsync()).Keys.Order(StringComparer.Ordinal);
}
