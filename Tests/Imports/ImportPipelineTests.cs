using System.Globalization;
using System.Text;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;

namespace Wyckoff.Tests.Imports;

/// <summary>The memory, the batches and the failures of the import pipeline.</summary>
public sealed class ImportPipelineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reading_a_valid_row_allocates_nothing()
    {
        await using var stream = new Rows(400_000);
        await using var file = new DelimitedFile(new(stream), FileName.Of("x.csv"), ImportedText.Spy, ImportedText.Now);
        using var batch = new RowBatch { Limit = 20_000 };
        // The first batch allocates the buffers and detects the layout. The stream completes synchronously, so all allocations are made on
        // this thread.
        await file.ReadAsync(batch, Token);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var rows = 0;
        for (var more = true; more; )
        {
            batch.Clear();
            more = await file.ReadAsync(batch, Token);
            batch.Group(null);
            rows += batch.Count;
        }

        Assert.Equal(380_000, rows);
        // A row as a string would take more than 100 bytes. Debug builds box a little, so the limit is not 0.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, rows * 48);
    }

    [Fact]
    public async Task Batches_end_at_the_end_of_a_day()
    {
        var batches = new List<(long First, long Last, int Count)>();
        await RunAsync(
            200_000,
            (batch, _) =>
            {
                var bars = Assert.Single(batch.Runs).Bars.Span;
                batches.Add((bars[0].Time, bars[^1].Time, bars.Length));
                return Task.CompletedTask;
            }
        );
        Assert.InRange(batches.Count, 2, 40);
        Assert.Equal(200_000, batches.Sum(batch => batch.Count));
        Assert.All(
            batches.Zip(batches.Skip(1)),
            pair => Assert.Equal(pair.First.Last / TimestampParts.DayLength + 1, pair.Second.First / TimestampParts.DayLength)
        );
    }

    [Fact]
    public async Task A_failed_write_stops_the_reader_and_is_rethrown()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            RunAsync(500_000, (_, _) => throw new InvalidOperationException("disk full"))
        );
        Assert.Equal("disk full", failure.Message);
    }

    private static async Task RunAsync(int rows, Func<RowBatch, CancellationToken, Task> write)
    {
        await using var stream = new Rows(rows);
        await using var file = new DelimitedFile(new(stream), FileName.Of("x.csv"), ImportedText.Spy, ImportedText.Now);
        await new ImportPipeline(TimeProvider.System).RunAsync(
            file,
            () => stream.Position,
            wholeDays: true,
            (_, _) => Task.CompletedTask,
            (batch, _, token) => write(batch, token),
            Token
        );
    }

    /// <summary>Generates consecutive minute bars as they are read.</summary>
    private sealed class Rows(int count) : ReadOnlyStream
    {
        private readonly byte[] _line = new byte[64];
        private int _row = -1;
        private int _at;
        private int _length;

        protected override int Generate(Span<byte> buffer)
        {
            var written = 0;
            while (written < buffer.Length)
            {
                if (_at == _length && !Next())
                {
                    break;
                }

                var part = Math.Min(_length - _at, buffer.Length - written);
                _line.AsSpan(_at, part).CopyTo(buffer[written..]);
                (_at, written) = (_at + part, written + part);
            }

            return written;
        }

        private bool Next()
        {
            if (_row == count)
            {
                return false;
            }

            _at = 0;
            if (_row++ < 0)
            {
                _length = Encoding.UTF8.GetBytes("time,open,high,low,close,volume\n", _line);
                return true;
            }

            if (_row > count)
            {
                return false;
            }

            // Formatted without allocations, which the test would count.
            (1_262_563_200L + (_row * 60L)).TryFormat(_line, out _length, default, CultureInfo.InvariantCulture);
            ",100.25,101.5,99.75,100.5,7\n"u8.CopyTo(_line.AsSpan(_length));
            _length += 28;
            return true;
        }
    }
}
