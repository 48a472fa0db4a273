using System.Globalization;
using System.Text;
using Wyckoff.Imports;
using Wyckoff.Imports.Delimited;

namespace Wyckoff.Tests.Imports;

public sealed class ImportPipelineTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_that_is_taken_costs_no_memory()
    {
        await using var stream = new Rows(400_000);
        await using var file = new DelimitedFile(stream, FileName.Of("x.csv"), ImportedText.Spy, ImportedText.Now);
        using var batch = new RowBatch { Limit = 20_000 };
        // The first batch brings about the buffers and the layout; after it only rows are left. The stream never waits, so all of it happens on this thread.
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
        // The text of a row alone would be more than 100 bytes as a string. Code that is not optimised boxes a little.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, rows * 48);
    }

    [Fact]
    public async Task Batches_end_where_days_end()
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
            pair => Assert.Equal(pair.First.Last / TimestampParts.Length + 1, pair.Second.First / TimestampParts.Length)
        );
    }

    [Fact]
    public async Task A_writer_that_fails_stops_the_reader_and_is_heard()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            RunAsync(500_000, (_, _) => throw new InvalidOperationException("disk full"))
        );
        Assert.Equal("disk full", failure.Message);
    }

    private static async Task RunAsync(int rows, Func<RowBatch, CancellationToken, Task> write)
    {
        await using var stream = new Rows(rows);
        await using var file = new DelimitedFile(stream, FileName.Of("x.csv"), ImportedText.Spy, ImportedText.Now);
        await new ImportPipeline(TimeProvider.System).RunAsync(
            file,
            () => stream.Position,
            wholeDays: true,
            (_, _) => Task.CompletedTask,
            (batch, _, token) => write(batch, token),
            Token
        );
    }

    /// <summary>Minutes one after the other, made while they are read.</summary>
    private sealed class Rows(int count) : Stream
    {
        private readonly byte[] _line = new byte[64];
        private int _row = -1;
        private int _at;
        private int _length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
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

            Position += written;
            return written;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

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

            // By hand: this, too, must not allocate.
            (1_262_563_200L + (_row * 60L)).TryFormat(_line, out _length, default, CultureInfo.InvariantCulture);
            ",100.25,101.5,99.75,100.5,7\n"u8.CopyTo(_line.AsSpan(_length));
            _length += 28;
            return true;
        }
    }
}
