using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wyckoff.Api.Pipeline;

/// <summary>How values are written in JSON answers: as the bars are, which do not pass through a serializer.</summary>
internal static class AnswerJson
{
    public static void Configure(JsonSerializerOptions options)
    {
        // A number is a number, in the document and in a request: not a text with digits in it.
        options.NumberHandling = JsonNumberHandling.Strict;
        options.Converters.Add(new Instants());
        options.Converters.Add(new Amounts());
    }

    /// <summary>In UTC with a Z; fractions of a second only where they are not zero.</summary>
    private sealed class Instants : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>Without trailing zeros: a column NUMERIC(18,8) gives 184.22000000.</summary>
    private sealed class Amounts : JsonConverter<decimal>
    {
        // Dividing by it drops trailing zeros and changes no value.
        private const decimal One = 1.0000000000000000000000000000m;

        public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDecimal();

        public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options) =>
            writer.WriteNumberValue(value / One);
    }
}
