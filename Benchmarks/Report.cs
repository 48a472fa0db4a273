using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wyckoff.Benchmarks;

/// <summary>The figures of a benchmark, printed as a table and saved as JSON.</summary>
internal sealed class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Line> _lines = [];

    /// <summary>A figure of the report.</summary>
    /// <param name="Metric">The name of the metric.</param>
    /// <param name="Value">The value, as a rule a median.</param>
    /// <param name="Unit">The unit of value and target.</param>
    /// <param name="Target">The promised value, or null.</param>
    /// <param name="HigherIsBetter">True if the value has to be at least the target, false if at most.</param>
    public sealed record Line(
        string Metric,
        double Value,
        string Unit,
        [property: JsonPropertyName("bar")] double? Target,
        bool HigherIsBetter
    );

    /// <summary>Prints a line of progress.</summary>
    public static void Log(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    public void Add(string metric, double value, string unit, double? target = null, bool higherIsBetter = false) =>
        _lines.Add(new(metric, value, unit, target, higherIsBetter));

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
            var target = line.Target is { } limit
                ? string.Create(CultureInfo.InvariantCulture, $"   ({(line.HigherIsBetter ? "at least" : "at most")} {limit:0.##})")
                : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{line.Metric, -60} {line.Value, 10:0.00} {line.Unit}{target}"));
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
