using System.Globalization;
using System.Text;
using System.Text.Json;
using Wyckoff.Bars;
using Wyckoff.Primitives;
using Wyckoff.Sync.Providers;

namespace Wyckoff.Live;

/// <summary>
/// Parses a WebSocket message of Alpaca's market-data stream. Amounts are parsed from their digits, without floating point. An instance is
/// reused for the next message, so that a busy stream allocates almost nothing.
/// </summary>
/// <param name="allowsNegative">Tells whether the ticker of a symbol allows zero and negative prices; null if none does.</param>
internal sealed class AlpacaFrame(Func<Symbol, bool>? allowsNegative = null)
{
    // In the protocol, data messages have a one-letter type and control messages a word; these letters stand for the words.
    private const char Success = 'S';
    private const char Subscription = 's';
    private const char Error = 'e';

    private readonly Dictionary<string, Symbol> _symbols = new(StringComparer.Ordinal);
    private readonly List<IncomingBar> _read = [];
    private readonly List<BarFault> _readFaults = [];

    public List<LiveBar> Bars { get; } = [];

    public List<LiveTrade> Trades { get; } = [];

    public List<AlpacaControl> Controls { get; } = [];

    /// <summary>The reasons why bars or trades of the message were rejected.</summary>
    public List<string> Faults { get; } = [];

    /// <exception cref="JsonException">The message is not an array of objects.</exception>
    public void Read(ReadOnlySpan<byte> message)
    {
        Bars.Clear();
        Trades.Clear();
        Controls.Clear();
        Faults.Clear();
        var reader = new Utf8JsonReader(message);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("A message of the stream is not an array.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            ReadOne(ref reader);
        }

        if (reader.TokenType != JsonTokenType.EndArray)
        {
            throw new JsonException("A message of the stream has elements that are not objects.");
        }
    }

    private void ReadOne(ref Utf8JsonReader reader)
    {
        var fields = default(Fields);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            switch (reader.TokenType)
            {
                case JsonTokenType.Number:
                    fields.SetNumber(name, reader.ValueSpan);
                    break;
                case JsonTokenType.String:
                    SetText(ref fields, name, ref reader);
                    break;
                case JsonTokenType.StartArray:
                    SetList(ref fields, name, ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        switch (fields.Type)
        {
            case 'b' or 'u' or 'd':
                AddBar(fields);
                break;
            case 't':
                AddTrade(fields);
                break;
            // A corrected or cancelled trade. The minute of the original trade is unknown, so the provider is asked for the bars.
            case 'c' or 'x' when fields.Symbol != default:
                Trades.Add(new(fields.Symbol, 0, 0, 0, TradeUse.None, IsCorrection: true));
                break;
            case Error:
                Controls.Add(new(AlpacaControlKind.Error, fields.Code, fields.Message ?? "", null));
                break;
            case Success:
                Controls.Add(new(AlpacaControlKind.Success, 0, fields.Message ?? "", null));
                break;
            case Subscription:
                Controls.Add(new(AlpacaControlKind.Subscription, 0, "", fields.Subscribed ?? new()));
                break;
            default:
                // Types that were not subscribed to, such as quotes and statuses.
                break;
        }
    }

    private void AddBar(in Fields fields)
    {
        var bar = new ReadBar();
        bar.Timestamp = fields.Time;
        Set(ref bar, BarField.Open, fields.Open);
        Set(ref bar, BarField.High, fields.High);
        Set(ref bar, BarField.Low, fields.Low);
        Set(ref bar, BarField.Close, fields.Close);
        Set(ref bar, BarField.Volume, fields.Volume);
        Set(ref bar, BarField.Trades, fields.Count);
        Span<byte> rounded = stackalloc byte[40];
        Set(ref bar, BarField.Vwap, Rounded(fields.Vwap, rounded));
        if (fields.Symbol == default)
        {
            bar.Refuse("symbol is missing, or none");
        }

        _read.Clear();
        _readFaults.Clear();
        bar.AddTo(_read, _readFaults);
        var fault = _readFaults.Count > 0 ? _readFaults[0].Reason : BrokenRule(fields.Symbol, _read[0]);
        if (fault is not null)
        {
            Faults.Add(
                string.Create(CultureInfo.InvariantCulture, $"bar of {fields.Symbol} at {fields.Time:yyyy-MM-ddTHH:mm:ss}: {fault}")
            );
            return;
        }

        Bars.Add(
            new(
                fields.Symbol,
                fields.Type switch
                {
                    'b' => LiveBarKind.Minute,
                    'u' => LiveBarKind.Update,
                    _ => LiveBarKind.Day,
                },
                _read[0]
            )
        );

        static void Set(ref ReadBar bar, BarField field, ReadOnlySpan<byte> text)
        {
            if (!text.IsEmpty)
            {
                bar.Set(field, text);
            }
        }
    }

    private bool AllowsNegative(Symbol symbol) => allowsNegative is not null && allowsNegative(symbol);

    // Nearly all bars have positive prices, so that their tickers need not be looked up.
    private string? BrokenRule(Symbol symbol, in IncomingBar bar) =>
        bar.BrokenRule(allowsNegative: false) is { } rule ? (AllowsNegative(symbol) ? bar.BrokenRule(allowsNegative: true) : rule) : null;

    private void AddTrade(in Fields fields)
    {
        Int128 price = 0,
            size = 0;
        var fault =
            fields.Symbol == default ? "symbol is missing, or none"
            : fields.Time is null ? "timestamp is missing"
            : fields.Price.IsEmpty ? "price is missing"
            : fields.Size.IsEmpty ? "size is missing"
            : FixedPoint.Parse("price", fields.Price, out price) ?? FixedPoint.Parse("size", fields.Size, out size);
        if (fault is null && (price >= IncomingBar.PriceLimit || price <= -IncomingBar.PriceLimit))
        {
            fault = $"price {IncomingBar.Text(price)}: {IncomingBar.ExpectedPrice} was expected";
        }

        if (fault is null && price <= 0 && !AllowsNegative(fields.Symbol))
        {
            fault = IncomingBar.NotPositive("price", (long)price);
        }

        if (fault is null && (size < 0 || size >= IncomingBar.VolumeLimit))
        {
            fault = $"size {IncomingBar.Text(size)}: at least 0 and less than 10^20 was expected";
        }

        if (fault is not null)
        {
            Faults.Add($"trade of {fields.Symbol}: {fault}");
            return;
        }

        Trades.Add(new(fields.Symbol, fields.Time!.Value.UtcTicks, (long)price, size, TradeUses.Of(fields.Conditions, fields.Tape)));
    }

    private void SetText(ref Fields fields, ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
    {
        if (name.SequenceEqual("T"u8))
        {
            fields.Type = reader.ValueSpan switch
            {
                [(byte)'b' or (byte)'u' or (byte)'d' or (byte)'t' or (byte)'c' or (byte)'x'] letter => (char)letter[0],
                var text when text.SequenceEqual("success"u8) => Success,
                var text when text.SequenceEqual("subscription"u8) => Subscription,
                var text when text.SequenceEqual("error"u8) => Error,
                _ => '\0',
            };
        }
        else if (name.SequenceEqual("S"u8))
        {
            fields.Symbol = SymbolOf(ref reader);
        }
        else if (name.SequenceEqual("t"u8))
        {
            fields.Time = reader.TryGetDateTimeOffset(out var time) ? time.ToUniversalTime() : null;
        }
        else if (name.SequenceEqual("z"u8) && !reader.ValueSpan.IsEmpty)
        {
            fields.Tape = (char)reader.ValueSpan[0];
        }
        else if (name.SequenceEqual("msg"u8))
        {
            fields.Message = reader.GetString();
        }
    }

    private static void SetList(ref Fields fields, ReadOnlySpan<byte> name, ref Utf8JsonReader reader)
    {
        if (name.SequenceEqual("c"u8))
        {
            for (var shift = 0; reader.Read() && reader.TokenType == JsonTokenType.String; shift += 8)
            {
                if (shift < 64 && !reader.ValueSpan.IsEmpty)
                {
                    fields.Conditions |= (ulong)reader.ValueSpan[0] << shift;
                }
            }
        }
        else if (
            name.SequenceEqual("bars"u8)
            || name.SequenceEqual("updatedBars"u8)
            || name.SequenceEqual("dailyBars"u8)
            || name.SequenceEqual("trades"u8)
        )
        {
            var list = Encoding.ASCII.GetString(name);
            fields.Subscribed ??= new();
            while (reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                if (Symbol.TryParse(reader.GetString(), out var symbol))
                {
                    fields.Subscribed.Add(list, symbol);
                }
            }
        }
        else
        {
            reader.Skip();
        }
    }

    private Symbol SymbolOf(ref Utf8JsonReader reader)
    {
        Span<char> text = stackalloc char[Symbol.MaxLength];
        if (reader.ValueSpan.Length > text.Length)
        {
            return Symbol.TryParse(reader.GetString(), out var escaped) ? escaped : default;
        }

        text = text[..reader.CopyString(text)];
        var lookup = _symbols.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out var symbol) && Symbol.TryParse(text.ToString(), out symbol))
        {
            lookup[text] = symbol;
        }

        return symbol;
    }

    /// <summary>Rounds a vwap, which may have any number of decimals, to 8 decimals, half away from zero.</summary>
    private static ReadOnlySpan<byte> Rounded(ReadOnlySpan<byte> text, Span<byte> buffer)
    {
        if (text.Length <= 9 || !decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
        {
            return text;
        }

        return decimal.Round(value, 8, MidpointRounding.AwayFromZero)
            .TryFormat(buffer, out var length, default, CultureInfo.InvariantCulture)
            ? buffer[..length]
            : text;
    }

    /// <summary>The fields of one object. Its type may come last, so numbers are kept as text until then.</summary>
    private ref struct Fields
    {
        public char Type;
        public Symbol Symbol;
        public DateTimeOffset? Time;
        public ReadOnlySpan<byte> Open,
            High,
            Low,
            Close,
            Volume,
            Count,
            Vwap,
            Price,
            Size;
        public ulong Conditions;
        public char Tape;
        public int Code;
        public string? Message;
        public AlpacaSubscription? Subscribed;

        public void SetNumber(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (name.Length == 1)
            {
                switch ((char)name[0])
                {
                    case 'o':
                        Open = value;
                        break;
                    case 'h':
                        High = value;
                        break;
                    case 'l':
                        Low = value;
                        break;
                    case 'c':
                        Close = value;
                        break;
                    case 'v':
                        Volume = value;
                        break;
                    case 'n':
                        Count = value;
                        break;
                    case 'p':
                        Price = value;
                        break;
                    case 's':
                        Size = value;
                        break;
                }
            }
            else if (name.SequenceEqual("vw"u8))
            {
                Vwap = value;
            }
            else if (name.SequenceEqual("code"u8))
            {
                _ = int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out Code);
            }
        }
    }
}
