using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Options;
using Wyckoff.Imports;
using Wyckoff.Imports.Previews;
using Wyckoff.Imports.Records;
using Wyckoff.Tickers;

namespace Wyckoff.Tests.Imports.Previews;

/// <summary>Files in a folder of a test, and the previewer and the importer that read them.</summary>
internal sealed class PreviewRig(TestDatabase database) : IDisposable
{
    public const string Header = "timestamp,open,high,low,close,volume\n";

    public string Folder { get; } = Directory.CreateTempSubdirectory("wyckoff-previews-").FullName;

    public ImportPreviewer Previewer =>
        field ??= new(database.App, new TickerDirectory(database.App), Options.Create(new SpoolOptions()), TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Rows of one-minute bars with a close that tells them apart.</summary>
    public static string Rows(int count, int first = 0)
    {
        var text = new StringBuilder();
        for (var i = first; i < first + count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{new DateTime(2010, 1, 4).AddMinutes(i):yyyy-MM-ddTHH:mm:ss}Z,1,2,0.5,1.5,{i}\n");
        }

        return text.ToString();
    }

    public static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Zip(string name, params (string Name, string Text)[] files)
    {
        var path = Path.Combine(Folder, name);
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (entry, text) in files)
        {
            using var writer = new StreamWriter(archive.CreateEntry(entry).Open());
            writer.Write(text);
        }

        return path;
    }

    public Task<ImportPreview> PreviewAsync(string path, ImportOptions? options = null) =>
        Previewer.PreviewAsync(path, options ?? new(), Token);

    public async Task<FilePreview> PreviewOneAsync(string path, ImportOptions? options = null) =>
        Assert.Single((await PreviewAsync(path, options)).Files);

    public async Task<ImportResult> ImportOneAsync(string path, ImportOptions? options = null) =>
        Assert.Single(await TestImports.Runner(database.App).ImportAsync(path, options ?? new(), new(), Token));

    /// <summary>The content of all tables of the database in a comparable form, and the state of its sequences.</summary>
    public Task<string> ContentAsync() =>
        database.ScalarAsync<string>(
            """
            SELECT string_agg(format('%s.%s=%s', schemaname, tablename, content), E'\n' ORDER BY schemaname, tablename)
              FROM (SELECT schemaname, tablename,
                           (xpath('/row/c/text()', query_to_xml(
                             format('SELECT concat(count(*), '' '', md5(string_agg(t::text, '','' ORDER BY t::text))) AS c FROM %I.%I t',
                                    schemaname, tablename), false, true, '')))[1]::text AS content
                      FROM pg_tables
                     WHERE schemaname IN ('market', 'journal', 'trading', 'core', 'public')
                     UNION ALL
                    SELECT schemaname, sequencename, last_value::text FROM pg_sequences WHERE schemaname NOT LIKE '\_timescaledb%') t
            """
        );
}
