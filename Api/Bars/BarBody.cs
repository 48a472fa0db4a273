using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Writes the bars of one symbol to a response. After <paramref name="most"/> bars, it only notes that there are more.</summary>
internal abstract class BarBody(long most) : IBarSink, IDisposable
{
    public long Count { get; private set; }

    /// <summary>At least one more bar than the maximum was added.</summary>
    public bool HasMore { get; private set; }

    public long LastTime { get; private set; }

    public void Add(in BarRow row)
    {
        if (Count == most)
        {
            HasMore = true;
            return;
        }

        Count++;
        LastTime = row.Time;
        Write(row);
    }

    public void End() { }

    public virtual void Dispose() { }

    /// <summary>Writes what precedes the bars.</summary>
    public virtual void Begin(long version) { }

    /// <summary>Writes what follows the bars.</summary>
    public virtual ValueTask EndAsync(string? next, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Sends the written bars once they are enough for an efficient write.</summary>
    /// <returns>False when the client has disconnected.</returns>
    public abstract ValueTask<bool> FlushAsync(CancellationToken cancellationToken);

    protected abstract void Write(in BarRow row);

    public static BarBody Of(BarQuery query, PipeWriter output, Symbol symbol, bool named) =>
        query switch
        {
            { Format: BarFormat.Csv } => new FileBody(
                query,
                new CsvBarWriter(output, query.Fields, query.Fill != GapFill.None, query.Zone, header: !named),
                symbol
            ),
            { Format: BarFormat.Parquet } => new FileBody(
                query,
                new ParquetBarWriter(output.AsStream(leaveOpen: true), query.Fields, query.Fill != GapFill.None),
                symbol
            ),
            { Columns: true } => new ColumnsBody(query, output, symbol),
            _ => new TextBody(query, output, symbol, named),
        };

    protected static void Text(PipeWriter output, string text) => Encoding.UTF8.GetBytes(text, output);

    /// <summary>The JSON before the bars.</summary>
    public static string Head(string symbol, BarPeriod period, long version) =>
        FormattableString.Invariant(
            $"{{\"symbol\":\"{JavaScriptEncoder.Default.Encode(symbol)}\",\"timeframe\":\"{period}\",\"version\":{version},"
        );

    /// <summary>The JSON after the bars.</summary>
    public static string Tail(long count, string? next) =>
        FormattableString.Invariant($"\"count\":{count},\"next\":{(next is null ? "null" : $"\"{next}\"")}}}");
}
