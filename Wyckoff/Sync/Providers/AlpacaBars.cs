using System.Text.Json;
using Wyckoff.Bars;

namespace Wyckoff.Sync.Providers;

/// <summary>Parses an answer of Alpaca's bars endpoint. Amounts are parsed from their digits, without floating point.</summary>
internal static class AlpacaBars
{
    /// <summary>Parses the body of an answer.</summary>
    /// <param name="body">The body.</param>
    /// <param name="dates">For daily bars the time zone whose midnights are their timestamps; else null.</param>
    /// <exception cref="FormatException">The body is not an answer of the bars endpoint.</exception>
    public static (List<IncomingBar> Bars, List<BarFault> Faults, string? NextPage) Read(byte[] body, TimeZoneInfo? dates)
    {
        var (bars, faults) = (new List<IncomingBar>(), new List<BarFault>());
        string? next = null;
        var hasBars = false;
        try
        {
            var reader = new Utf8JsonReader(body);
            Expect(ref reader, JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("bars"u8))
                {
                    hasBars = true;
                    ReadBars(ref reader, dates, bars, faults);
                }
                else if (reader.ValueTextEquals("next_page_token"u8))
                {
                    reader.Read();
                    next = reader.GetString() is { Length: > 0 } token ? token : null;
                }
                else
                {
                    reader.Skip();
                }
            }

            // Read to the end, so that a truncated answer throws.
            while (reader.Read()) { }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("an answer that is not the JSON of a page of bars: " + e.Message, e);
        }

        return hasBars ? (bars, faults, next) : throw new FormatException("an answer without 'bars'");
    }

    private static void ReadBars(ref Utf8JsonReader reader, TimeZoneInfo? dates, List<IncomingBar> bars, List<BarFault> faults)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException($"'bars' is {reader.TokenType}, an array was expected");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw new JsonException($"a bar is {reader.TokenType}, an object was expected");
            }

            var bar = new ReadBar();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name =
                    reader.ValueSpan.Length == 1 ? reader.ValueSpan[0]
                    : reader.ValueTextEquals("vw"u8) ? (byte)'w'
                    : (byte)0;
                reader.Read();
                switch (name)
                {
                    case (byte)'t':
                        ReadTime(ref reader, dates, ref bar);
                        break;
                    case (byte)'o':
                        ReadNumber(ref reader, BarField.Open, ref bar);
                        break;
                    case (byte)'h':
                        ReadNumber(ref reader, BarField.High, ref bar);
                        break;
                    case (byte)'l':
                        ReadNumber(ref reader, BarField.Low, ref bar);
                        break;
                    case (byte)'c':
                        ReadNumber(ref reader, BarField.Close, ref bar);
                        break;
                    case (byte)'v':
                        ReadNumber(ref reader, BarField.Volume, ref bar);
                        break;
                    case (byte)'n':
                        ReadNumber(ref reader, BarField.Trades, ref bar);
                        break;
                    case (byte)'w':
                        ReadNumber(ref reader, BarField.Vwap, ref bar);
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            bar.AddTo(bars, faults);
        }
    }

    private static void ReadTime(ref Utf8JsonReader reader, TimeZoneInfo? dates, ref ReadBar bar)
    {
        if (reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var instant))
        {
            bar.Timestamp = dates is null
                ? instant.ToUniversalTime()
                : new DateTimeOffset(TimeZoneInfo.ConvertTime(instant, dates).Date, TimeSpan.Zero);
        }
        else
        {
            bar.Refuse($"t {Shown(ref reader)}: a time such as 2024-01-02T14:30:00Z was expected");
            reader.Skip();
        }
    }

    private static void ReadNumber(ref Utf8JsonReader reader, BarField field, ref ReadBar bar)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            bar.Set(field, reader.ValueSpan);
        }
        else if (reader.TokenType != JsonTokenType.Null || field < BarField.Vwap || field == BarField.Volume)
        {
            bar.Refuse($"{field.ToString().ToLowerInvariant()} {Shown(ref reader)}: a number was expected");
            reader.Skip();
        }
    }

    private static string Shown(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? $"'{reader.GetString()}'" : reader.TokenType.ToString().ToLowerInvariant();

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type)
        {
            throw new JsonException($"{type} was expected");
        }
    }
}
