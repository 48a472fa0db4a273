using Wyckoff.Bars;
using Wyckoff.Primitives;

namespace Wyckoff.Sync.Providers;

/// <summary>Collects the fields of a bar while it is parsed, and keeps the first fault.</summary>
internal struct ReadBar
{
    private Int128 _open;
    private Int128 _high;
    private Int128 _low;
    private Int128 _close;
    private Int128 _volume;
    private Int128 _trades;
    private Int128 _vwap;
    private int _seen;

    public ReadBar() => _trades = IncomingBar.Unknown * IncomingBar.One;

    public DateTimeOffset? Timestamp { get; set; }

    public string? Fault { get; private set; }

    public void Refuse(string reason) => Fault ??= reason;

    public void Set(BarField field, ReadOnlySpan<byte> text)
    {
        var name = Name(field);
        if (FixedPoint.Parse(name, text, out var amount) is { } fault)
        {
            Refuse(fault);
            return;
        }

        _seen |= 1 << (int)field;
        if (field < BarField.Volume && (amount >= IncomingBar.PriceLimit || amount <= -IncomingBar.PriceLimit))
        {
            Refuse($"{name} {IncomingBar.Text(amount)}: {IncomingBar.ExpectedPrice} was expected");
            return;
        }

        if (field == BarField.Trades && (amount < 0 || amount % IncomingBar.One != 0 || amount / IncomingBar.One > int.MaxValue))
        {
            Refuse($"{name} {IncomingBar.Text(amount)}: a whole number from 0 was expected");
            return;
        }

        switch (field)
        {
            case BarField.Open:
                _open = amount;
                break;
            case BarField.High:
                _high = amount;
                break;
            case BarField.Low:
                _low = amount;
                break;
            case BarField.Close:
                _close = amount;
                break;
            case BarField.Vwap:
                _vwap = amount;
                break;
            case BarField.Volume:
                _volume = amount;
                break;
            default:
                _trades = amount;
                break;
        }
    }

    /// <summary>Adds the bar to <paramref name="bars"/>, or its fault to <paramref name="faults"/>.</summary>
    public readonly void AddTo(List<IncomingBar> bars, List<BarFault> faults)
    {
        var fault = Fault ?? (Timestamp is null ? "timestamp is missing" : null);
        for (var field = BarField.Open; field <= BarField.Volume && fault is null; field++)
        {
            fault = field == BarField.Vwap || (_seen & (1 << (int)field)) != 0 ? null : $"{Name(field)} is missing";
        }

        if (fault is not null)
        {
            faults.Add(new(Timestamp, fault));
            return;
        }

        bars.Add(
            new(
                IncomingBar.TimeOf(Timestamp!.Value),
                (long)_open,
                (long)_high,
                (long)_low,
                (long)_close,
                _volume,
                (int)(_trades / IncomingBar.One),
                (long)_vwap
            )
        );
    }

    private static string Name(BarField field) => field == BarField.Trades ? "trade count" : field.ToString().ToLowerInvariant();
}

/// <summary>The fields of a bar; prices come before amounts.</summary>
internal enum BarField
{
    Open,
    High,
    Low,
    Close,
    Vwap,
    Volume,
    Trades,
}
