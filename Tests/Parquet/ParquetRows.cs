using System.Runtime.CompilerServices;
using Wyckoff.Parquet;

namespace Wyckoff.Tests.Parquet;

/// <summary>Reads whole files into rows of plain values that tests can compare.</summary>
internal static class ParquetRows
{
    public static byte[] Fixture(string name) => File.ReadAllBytes(Path.Combine(Folder(), name + ".parquet"));

    public static IEnumerable<string> Fixtures() =>
        Directory
            .EnumerateFiles(Folder(), "*.parquet", SearchOption.AllDirectories)
            .Select(file => Path.ChangeExtension(Path.GetRelativePath(Folder(), file), null).Replace('\\', '/'))
            .Order(StringComparer.Ordinal);

    public static List<Dictionary<string, object?>> Read(byte[] file, params string[] names)
    {
        using var reader = ParquetReader.Open(new MemoryStream(file));
        var columns = reader.Columns.Where(column => names.Length == 0 || names.Contains(column.Name, StringComparer.Ordinal)).ToArray();
        var rows = new List<Dictionary<string, object?>>();
        foreach (var batch in reader.Read(columns, TestContext.Current.CancellationToken))
        {
            Assert.Equal(rows.Count, batch.FirstRow);
            for (var row = 0; row < batch.Count; row++)
            {
                rows.Add(
                    columns
                        .Index()
                        .ToDictionary(column => column.Item.Name, column => Value(batch[column.Index], row), StringComparer.Ordinal)
                );
            }
        }

        Assert.Equal(reader.Rows, rows.Count);
        return rows;
    }

    public static object? Value(ParquetVector vector, int row) =>
        vector.IsNull(row)
            ? null
            : vector.Column.Kind switch
            {
                ParquetKind.Boolean => vector.Boolean(row),
                ParquetKind.Integer or ParquetKind.Date => vector.Integer(row),
                ParquetKind.Real => vector.RealText(row),
                ParquetKind.Decimal => (vector.Unscaled(row), vector.Column.Scale),
                ParquetKind.Timestamp => vector.TryGetTimestamp(row, out var time) ? time : "out of range",
                ParquetKind.TimeOfDay => "time of day",
                ParquetKind.Text => vector.Text(row),
                _ => Convert.ToHexString(vector.Bytes(row)),
            };

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Fixtures");
}
