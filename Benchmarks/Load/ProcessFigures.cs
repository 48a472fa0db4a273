using System.Globalization;

namespace Wyckoff.Benchmarks.Load;

/// <summary>Reads figures of a process from /proc.</summary>
internal static class ProcessFigures
{
    // /proc counts processor time in ticks of this rate, independent of the kernel's own rate.
    private const double Hertz = 100;

    /// <summary>Returns the peak of resident memory since the start of the process, or 0 if the process has ended.</summary>
    public static double PeakMegabytes(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim()[..^3], CultureInfo.InvariantCulture) / 1024.0;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public static double ProcessorSeconds(int process)
    {
        // The name of the process, in brackets, may contain spaces.
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ');
        return (long.Parse(fields[12], CultureInfo.InvariantCulture) + long.Parse(fields[13], CultureInfo.InvariantCulture)) / Hertz;
    }

    /// <summary>Returns the load average of the last minute.</summary>
    public static string LoadAverage() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}
