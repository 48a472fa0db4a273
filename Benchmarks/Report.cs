using System.Globalization;
using System.Text.Json;

namespace Wyckoff.Benchmarks;

/// <summary>What a benchmark found: a table for people, and the same as JSON for whoever compares runs.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Line> _lines = [];

    /// <param name="Metric">What was measured, against what.</param>
    /// <param name="Value">The median.</param>
    /// <param name="Unit">Of value and bar.</param>
    /// <param name="Bar">What it must reach; null where nothing is promised.</param>
    /// <param name="HigherIsBetter">Which side of the bar is the good one.</param>
    public sealed record Line(string Metric, double Value, string Unit, double? Bar, bool HigherIsBetter);

    public void Add(string metric, double value, string unit, double? bar = null, bool higherIsBetter = false) =>
        _lines.Add(new(metric, value, unit, bar, higherIsBetter));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    public double Value(string metric) => _lines.Single(line => line.Metric == metric).Value;

    public void Print(TextWriter output)
    {
        foreach (var line in _lines)
        {
            var bar = line.Bar is { } limit
                ? string.Create(CultureInfo.InvariantCulture, $"   ({(line.HigherIsBetter ? "at least" : "at most")} {limit:0.##})")
                : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{line.Metric, -60} {line.Value, 10:0.00} {line.Unit}{bar}"));
        }
    }

    public string Save(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine("artifacts", "benchmarks"));
        var file = Path.Combine(folder.FullName, name + ".json");
        File.WriteAllText(file, JsonSerializer.Serialize(_lines, Json));
        return file;
    }
}
