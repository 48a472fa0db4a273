using Wyckoff.Bars.Files;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Writes bars as CSV or Parquet, with the writer that exports use.</summary>
internal sealed class FileBody(BarQuery query, BarFileWriter writer, Symbol symbol) : BarBody(query.Count)
{
    public override void Begin(long version) => writer.Begin(symbol, query.Period);

    public override ValueTask EndAsync(string? next, CancellationToken cancellationToken) => writer.FinishAsync(cancellationToken);

    public override ValueTask<bool> FlushAsync(CancellationToken cancellationToken) => writer.FlushAsync(cancellationToken);

    public override void Dispose() => writer.Dispose();

    protected override void Write(in BarRow row) => writer.Add(row);
}
