using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Npgsql.NameTranslation;

namespace Wyckoff.Accounts.Documents;

/// <summary>A document of an account that is stored as JSON. Each kind is a record that knows the rules of its fields.</summary>
public abstract record AccountDocument
{
    /// <summary>The shape of the documents that this build writes. It has no older one.</summary>
    public const int CurrentVersion = 1;

    private const string Version = "version";

    private static readonly JsonSerializerOptions Stored = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // The CHECKs of the columns accept an absent value, but not null.
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
    };

    /// <summary>All broken rules of the document.</summary>
    public abstract IEnumerable<FieldError> Errors();

    /// <summary>Returns the text for the column.</summary>
    public static string Write<T>(T document)
        where T : AccountDocument
    {
        foreach (var error in document.Errors())
        {
            throw new ArgumentException($"{error.Field}: {error.Message}", nameof(document));
        }

        var json = new JsonObject { [Version] = CurrentVersion };
        foreach (var (name, value) in JsonSerializer.SerializeToNode(document, Stored)!.AsObject())
        {
            json[name] = value?.DeepClone();
        }

        return json.ToJsonString();
    }

    /// <summary>Reads a column. A document without a version is one of version 1.</summary>
    /// <exception cref="UnreadableDocumentException">A newer build has written the document.</exception>
    public static T Read<T>(string json)
        where T : AccountDocument
    {
        using var document = JsonDocument.Parse(json);
        if (
            document.RootElement.TryGetProperty(Version, out var given)
            && !(given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var version) && version <= CurrentVersion)
        )
        {
            throw new UnreadableDocumentException(
                $"The stored document has the version {given.GetRawText()}; this service reads versions up to {CurrentVersion}."
            );
        }

        try
        {
            return document.RootElement.Deserialize<T>(Stored)!;
        }
        catch (JsonException e)
        {
            throw new UnreadableDocumentException($"The stored document is not of version {CurrentVersion}: {e.Path} is not valid.");
        }
    }

    /// <summary>An error unless the number is absent, or within the range and with few enough decimals.</summary>
    protected static IEnumerable<FieldError> Range(string field, decimal? value, decimal minimum, decimal maximum, int decimals)
    {
        if (value is { } given && (given < minimum || given > maximum || decimal.Round(given, decimals) != given))
        {
            var expected = decimals == 0 ? "a whole number" : $"a number with at most {decimals} decimals";
            yield return new(
                field,
                string.Create(CultureInfo.InvariantCulture, $"'{given}' is not {expected} from {minimum} to {maximum}.")
            );
        }
    }

    /// <summary>An error for the first value that is given more than once.</summary>
    protected static IEnumerable<FieldError> Distinct<T>(string field, IReadOnlyList<T> values) =>
        values.GroupBy(value => value).FirstOrDefault(group => group.Count() > 1) is { } repeated
            ? [new(field, $"'{repeated.Key}' is in the array more than once.")]
            : [];
}

/// <summary>A broken rule of a field, named as requests name it.</summary>
public readonly record struct FieldError(string Field, string Message);

/// <summary>A stored document that this build cannot read, and must not replace.</summary>
public sealed class UnreadableDocumentException(string message) : Exception(message);

/// <summary>Writes an enum as the word that its column would have.</summary>
public sealed class WordConverter<T>() : JsonStringEnumConverter<T>(new Words(), allowIntegerValues: false)
    where T : struct, Enum
{
    private sealed class Words : JsonNamingPolicy
    {
        public override string ConvertName(string name) => NpgsqlSnakeCaseNameTranslator.ConvertToSnakeCase(name);
    }
}
