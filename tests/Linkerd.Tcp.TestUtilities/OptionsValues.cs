using System.Collections;
using System.Reflection;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>The values at the edges of what an option can be set to, each under a short name.</summary>
public static class OptionsValues
{
    private static readonly (string, object?)[] Numbers = [("min", int.MinValue), ("-1", -1), ("0", 0), ("1", 1), ("max", int.MaxValue)];

    private static readonly (string, object?)[] Fractions =
        [("nan", double.NaN), ("-inf", double.NegativeInfinity), ("-1", -1.0), ("0", 0.0), ("0.5", 0.5), ("2", 2.0), ("max", double.MaxValue), ("inf", double.PositiveInfinity)];

    private static readonly (string, object?)[] Spans =
    [
        ("min", TimeSpan.MinValue), ("-5s", TimeSpan.FromSeconds(-5)), ("infinite", Timeout.InfiniteTimeSpan), ("0", default(TimeSpan)), ("1ms", TimeSpan.FromMilliseconds(1)),
        ("1s", TimeSpan.FromSeconds(1)), ("49d", TimeSpan.FromDays(49)), ("50d", TimeSpan.FromDays(50)), ("max", TimeSpan.MaxValue),
    ];

    public static IEnumerable<(string Name, object? Value)> Of(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type != property.PropertyType || !type.IsValueType)
        {
            yield return ("null", null);
        }

        foreach (var value in type == typeof(int) ? Numbers
            : type == typeof(double) ? Fractions
            : type == typeof(TimeSpan) ? Spans
            : type == typeof(bool) ? [("false", false), ("true", true)]
            : type == typeof(string) ? [("empty", ""), ("blank", " ")]
            : type == typeof(ReadOnlyMemory<byte>) ? [("none", default(ReadOnlyMemory<byte>)), ("5000", new ReadOnlyMemory<byte>(new byte[5000]))]
            : type.IsEnum ? [("none", Enum.ToObject(type, 99)), ("first", Enum.ToObject(type, 0))]
            : OptionsProbe.ItemOf(type) is { } item ? ListsOf(item)
            : Array.Empty<(string, object?)>())
        {
            yield return value;
        }
    }

    private static (string, object?)[] ListsOf(Type item)
    {
        var withNull = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
        withNull.Add(null);
        return [("[]", Activator.CreateInstance(typeof(List<>).MakeGenericType(item))), ("[null]", withNull)];
    }
}
