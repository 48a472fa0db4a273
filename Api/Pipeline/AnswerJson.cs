using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wyckoff.Api.Pipeline;

/// <summary>Makes the JSON serializer write values as bars are written, which do not pass through a serializer.</summary>
internal static class AnswerJson
{
    public static void Configure(JsonSerializerOptions options)
    {
        // Numbers as strings are not accepted, and so the OpenAPI document does not mention them.
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new Instants());
        options.Converters.Add(new Amounts());
    }

    /// <summary>Writes instants in UTC with a Z, and fractions of a second only if they are not zero.</summary>
    private sealed class Instants : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>Writes decimals without the trailing zeros that columns such as NUMERIC(18,8) add.</summary>
    private sealed class Amounts : JsonConverter<decimal>
    {
        // A division by this drops trailing zeros and does not change the value.
        private const decimal One = 1.0000000000000000000000000000m;

        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value / One);
    }
}
