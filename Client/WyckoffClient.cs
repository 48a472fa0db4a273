using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wyckoff.Client;

/// <summary>
/// The API of Wyckoff: a method for each operation that answers with JSON. The HttpClient carries the address of the service and the key.
/// </summary>
public partial class WyckoffClient
{
    private string? _ifMatch;
    private string? _eTag;

    /// <summary>Reads something together with its ETag, which a later change names in <see cref="IfMatchAsync"/>.</summary>
    public async Task<(T Result, string? ETag)> WithETagAsync<T>(Func<WyckoffClient, Task<T>> read)
    {
        var client = new WyckoffClient(_httpClient);
        var result = await read(client).ConfigureAwait(false);
        return (result, client._eTag);
    }

    /// <summary>Changes something only if it still has this ETag; otherwise the exception has the status 412.</summary>
    public Task<T> IfMatchAsync<T>(string? eTag, Func<WyckoffClient, Task<T>> change) =>
        change(new WyckoffClient(_httpClient) { _ifMatch = eTag });

    partial void PrepareRequest(HttpClient client, HttpRequestMessage request, string url)
    {
        if (_ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", _ifMatch);
        }
    }

    partial void ProcessResponse(HttpClient client, HttpResponseMessage response) => _eTag = response.Headers.ETag?.ToString();

    static partial void UpdateJsonSerializerSettings(JsonSerializerOptions settings)
    {
        // A property that is null is left out, because a null in a PATCH clears the field.
        settings.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        // Single enums have a converter of their own; this one is for enums in lists.
        settings.Converters.Add(new JsonStringEnumConverter());
    }
}
