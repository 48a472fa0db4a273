using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wyckoff.Client;

/// <summary>
/// The API of Wyckoff: a method for each operation that answers with JSON. The HttpClient carries the address of the service and the key.
/// </summary>
public partial class WyckoffClient
{
    static partial void UpdateJsonSerializerSettings(JsonSerializerOptions settings)
    {
        // A property that is null is left out, because a null in a PATCH clears the field.
        settings.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        // Single enums have a converter of their own; this one is for enums in lists.
        settings.Converters.Add(new JsonStringEnumConverter());
    }
}
