using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Wyckoff.Imports.Previews;
using Wyckoff.Primitives;

namespace Wyckoff.Tests.Imports.Previews;

/// <summary>A preview reads only the beginning of a file.</summary>
public sealed class PreviewHeadTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private readonly PreviewRig _rig = new(database);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData("2010-01-04T00:00:00Z,1,2,0.5,1.5,1\n", 1_000, null)]
    [InlineData("bad\n", 1_000, null)]
    [InlineData("\n", 1, "The file is empty.")]
    [InlineData("x", 1, "The first lines hold neither")]
    [InlineData("\0", 0, "The file begins with NUL bytes only")]
    public async Task A_stream_without_end_is_read_to_the_end_of_its_head(string text, int rows, string? error)
    {
        var header = error is null ? PreviewRig.Header + PreviewRig.Rows(1) : "";
        await using var stream = new Endless(Encoding.UTF8.GetBytes(header), Encoding.UTF8.GetBytes(text));
        var preview = Assert.Single((await _rig.Previewer.PreviewAsync(stream, "END_1m.csv", null, new(), Token)).Files);
        Assert.Equal((rows, false), (preview.Rows, preview.IsWhole));
        Assert.StartsWith(error ?? "", preview.Error ?? "", StringComparison.Ordinal);
        Assert.Null(preview.Earlier);
        Assert.InRange(stream.Position, 1, ImportPreviewer.MaxBytes + 1);
    }

    [Fact]
    public async Task Two_bytes_per_character_leave_enough_for_the_layout()
    {
        await using var stream = new Endless(
            [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(PreviewRig.Header)],
            Encoding.Unicode.GetBytes(PreviewRig.Rows(1))
        );
        var preview = Assert.Single((await _rig.Previewer.PreviewAsync(stream, "WIDE_1m.csv", null, new(), Token)).Files);
        Assert.Equal(("UTF-16", 1_000, null), (preview.Layout?.Encoding, preview.Rows, preview.Error));
    }

    [Fact]
    public async Task A_packed_stream_without_text_is_read_to_the_end_of_its_head()
    {
        // The header of gzip, and empty blocks.
        await using var stream = new Endless([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], [0, 0, 0, 0xFF, 0xFF]);
        var preview = Assert.Single((await _rig.Previewer.PreviewAsync(stream, "VOID_1m.csv.gz", null, new(), Token)).Files);
        Assert.Equal((null, 0, false), (preview.Error, preview.Rows, preview.IsWhole));
        Assert.Equal(["The beginning of the file holds no text."], preview.Notes);
        Assert.InRange(stream.Position, 1, ImportPreviewer.MaxBytes + 1);
    }

    [Fact]
    public async Task A_packed_stream_without_end_is_read_to_the_end_of_its_head()
    {
        // Blank lines after the first row: the rows do not fill the sample, so the bytes have to end it.
        var packed = PreviewRig.Gzip(PreviewRig.Header + PreviewRig.Rows(1) + new string('\n', 64 << 20));
        await using var stream = new Endless(packed[..^8], packed[^9..^8]);
        var preview = Assert.Single((await _rig.Previewer.PreviewAsync(stream, "PACK_1m.csv.gz", null, new(), Token)).Files);
        Assert.Equal((1, false, null), (preview.Rows, preview.IsWhole, preview.Error));
        Assert.InRange(stream.Position, 1, ImportPreviewer.MaxBytes + 1);
    }

    [Fact]
    public async Task A_row_at_the_end_of_the_head_is_not_cut()
    {
        // Rows of 5 kB: the head holds some 800 of them, and ends within one.
        var row = $"2010-01-04T00:00:00Z,1,2,0.5,1.5,12345,{new string('x', 5_001)}\n";
        await using var stream = new Endless("timestamp,open,high,low,close,volume,remark\n"u8.ToArray(), Encoding.UTF8.GetBytes(row));
        var preview = Assert.Single((await _rig.Previewer.PreviewAsync(stream, "CUT_1m.csv", null, new(), Token)).Files);
        Assert.Equal((0, (ImportPreviewer.MaxBytes - 44) / row.Length), (preview.Rejected, preview.Rows));
    }

    [Fact]
    public async Task A_file_of_10_GB_is_answered_within_a_second()
    {
        var path = _rig.Write("HUGE_1m.csv", PreviewRig.Header + PreviewRig.Rows(100_000));
        await using (var file = new FileStream(path, FileMode.Open))
        {
            file.SetLength(10L << 30); // sparse
        }

        var archive = Path.Combine(_rig.Folder, "huge.zip");
        await using (var zip = await ZipFile.OpenAsync(archive, ZipArchiveMode.Create, Token))
        {
            await using var entry = await zip.CreateEntry("HUGE_1m.csv", CompressionLevel.Fastest).OpenAsync(Token);
            await entry.WriteAsync(Encoding.UTF8.GetBytes(PreviewRig.Header + PreviewRig.Rows(1_000)), Token);
            await entry.WriteAsync(new byte[256 << 20], Token);
        }

        await _rig.PreviewOneAsync(_rig.Write("WARM_1m.csv", PreviewRig.Header + PreviewRig.Rows(1_000)));
        foreach (var file in new[] { path, archive })
        {
            var started = Stopwatch.GetTimestamp();
            var preview = await _rig.PreviewOneAsync(file, new() { Timeframe = Timeframe.Minute1 });
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.Equal((null, 1_000, 0, false), (preview.Error, preview.Rows, preview.Rejected, preview.IsWhole));
        }
    }

    /// <summary>A stream that repeats some bytes for ever after its first ones.</summary>
    private sealed class Endless(byte[] first, byte[] repeated) : ReadOnlyStream
    {
        protected override int Generate(Span<byte> buffer)
        {
            for (var i = 0; i < buffer.Length; i++)
            {
                var at = Position + i;
                buffer[i] = at < first.Length ? first[at] : repeated[(at - first.Length) % repeated.Length];
            }

            return buffer.Length;
        }
    }
}
