using System.IO.Pipelines;
using Wyckoff.Bars.Reading;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Bars;

/// <summary>Writes bars as JSON with an array per field. Bars are held in memory until all have been added.</summary>
internal sealed class ColumnsBody(BarQuery query, PipeWriter output, Symbol symbol) : BarBody(query.Count)
{
    private readonly List<BarRow> _rows = [];

    public override void Begin(long version) => Text(output, Head(symbol.Value, query.Period, version));

    public override ValueTask EndAsync(string? next, CancellationToken cancellationToken)
    {
        var text = BarText.Json(query.Fields, false, query.Period.IsOfDates, query.Zone);
        Column(
            "timestamp",
            (Span<byte> to, in BarRow row) =>
            {
                to[0] = (byte)'"';
                var length = 1 + text.Timestamp(to[1..], row.Time);
                to[length] = (byte)'"';
                return length + 1;
            }
        );
        foreach (var (field, name, _) in BarColumns.Of(query.Fields))
        {
            Column(name, (Span<byte> to, in BarRow row) => text.Value(to, field, row));
        }

        if (query.Fill != GapFill.None)
        {
            Column("filled", (Span<byte> to, in BarRow row) => BarText.Boolean(to, row.Filled));
        }

        Text(output, Tail(Count, next));
        return ValueTask.CompletedTask;
    }

    public override ValueTask<bool> FlushAsync(CancellationToken cancellationToken) => new(true);

    protected override void Write(in BarRow row) => _rows.Add(row);

    private delegate int Writer(Span<byte> to, in BarRow row);

    private void Column(string name, Writer write)
    {
        Text(output, $"\"{name}\":[");
        for (var i = 0; i < _rows.Count; i++)
        {
            var span = output.GetSpan(256);
            var length = 0;
            if (i > 0)
            {
                span[length++] = (byte)',';
            }

            output.Advance(length + write(span[length..], _rows[i]));
        }

        Text(output, "],");
    }
}
