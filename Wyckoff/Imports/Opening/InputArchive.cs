using System.IO.Compression;

namespace Wyckoff.Imports.Opening;

/// <summary>A zip archive, whose entries are imported or previewed one by one.</summary>
internal sealed class InputArchive : IAsyncDisposable
{
    private readonly ZipArchive _archive;
    private readonly string _name;
    private readonly string _sha256;

    private InputArchive(ZipArchive archive, string name, string sha256, IReadOnlyList<ZipArchiveEntry> entries) =>
        (_archive, _name, _sha256, Entries) = (archive, name, sha256, entries);

    /// <summary>The files in the archive.</summary>
    public IReadOnlyList<ZipArchiveEntry> Entries { get; }

    /// <summary>Opens an archive. The file stays open.</summary>
    /// <exception cref="ImportRefusedException">The archive holds no files that can be imported.</exception>
    public static async Task<InputArchive> OpenAsync(FileStream file, string name, string sha256, CancellationToken cancellationToken)
    {
        ZipArchive archive;
        List<ZipArchiveEntry> entries;
        try
        {
            archive = await ZipArchive.CreateAsync(file, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
            entries = [.. FileSniffer.Entries(archive)];
        }
        catch (InvalidDataException e)
        {
            throw new ImportRefusedException($"The archive cannot be read: {e.Message}", 1, "");
        }

        if (!FileSniffer.IsOfficeDocument(archive) && entries.Count > 0)
        {
            return new(archive, name, sha256, entries);
        }

        await archive.DisposeAsync();
        throw new ImportRefusedException(
            entries.Count > 0 ? "This is an Excel workbook or another Office document: save it as CSV." : "The archive is empty.",
            1,
            ""
        );
    }

    /// <summary>Opens an entry. One that cannot be opened comes with its refusal.</summary>
    public async Task<InputFile> OpenAsync(ZipArchiveEntry entry, CancellationToken cancellationToken)
    {
        var name = $"{_name}!{entry.FullName}";
        MeteredStream? content = null;
        try
        {
            content = new(await entry.OpenAsync(cancellationToken));
            // Damage at the beginning is found here, so that it does not end the whole archive.
            await content.PeekAsync(FileSniffer.HeadLength, cancellationToken);
            return new(name, _sha256, entry.Length, content);
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            await (content?.DisposeAsync() ?? ValueTask.CompletedTask);
            return new(name, _sha256, entry.Length, null) { Refusal = new($"The file in the archive cannot be read: {e.Message}", 1, "") };
        }
    }

    public ValueTask DisposeAsync() => _archive.DisposeAsync();
}
