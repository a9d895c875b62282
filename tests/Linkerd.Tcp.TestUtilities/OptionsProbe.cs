using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Finds the options classes of an assembly, and what is true of all of them.</summary>
public static class OptionsProbe
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>The public classes that are validated, or are named like options.</summary>
    public static IReadOnlyList<Type> TypesOf(Assembly assembly) =>
        [.. assembly.GetExportedTypes().Where(type => type.IsClass && (type.Name.EndsWith("Options", StringComparison.Ordinal) || IsValidated(type))).OrderBy(type => type.Name, StringComparer.Ordinal)];

    public static IReadOnlyList<PropertyInfo> PropertiesOf(Type type) => type.GetProperties(BindingFlags.Instance | BindingFlags.Public);

    /// <summary>What is not as it should be in the class itself.</summary>
    public static IEnumerable<string> Faults(Type type)
    {
        if (!type.IsSealed || !IsValidated(type) || type.GetConstructor(Type.EmptyTypes) is null || type.GetMethod("<Clone>$") is not null)
        {
            yield return $"{type.Name} is not a sealed class that is validated and has a constructor without parameters";
        }

        foreach (var shared in type.GetProperties(BindingFlags.Static | BindingFlags.Public))
        {
            yield return $"{type.Name}.{shared.Name} is static";
        }

        var (one, other) = (Activator.CreateInstance(type)!, Activator.CreateInstance(type)!);
        foreach (var property in PropertiesOf(type))
        {
            if (property.SetMethod is not { IsPublic: true } set || set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)))
            {
                yield return $"{type.Name}.{property.Name} cannot be set";
            }

            if (property.GetValue(one) is { } value && IsMutable(value) && ReferenceEquals(value, property.GetValue(other)))
            {
                yield return $"{type.Name}.{property.Name} is shared by two instances";
            }
        }
    }

    /// <summary>Gives every list of the options, and of those nested in them, an instance of its own that can be changed.</summary>
    public static object Fill(object options)
    {
        foreach (var property in PropertiesOf(options.GetType()))
        {
            if (IsValidated(property.PropertyType))
            {
                Fill(property.GetValue(options) ?? throw new InvalidOperationException($"Nothing is nested as {options.GetType().Name}.{property.Name}."));
            }
            else if (property.GetValue(options) is IEnumerable items and not string && ItemOf(property.PropertyType) is { } item)
            {
                var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(item))!;
                foreach (var value in items)
                {
                    list.Add(IsValidated(item) ? Fill(value) : value);
                }

                property.SetValue(options, list);
            }
        }

        return options;
    }

    /// <summary>Where an object holds on to options that were handed over to it, or to a list of theirs.</summary>
    public static IEnumerable<string> FindIn(object root, object options)
    {
        var wanted = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Collect(options, wanted);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance) { root };
        var queue = new Queue<(object Value, string Path)>([(root, root.GetType().Name)]);
        while (queue.TryDequeue(out var at))
        {
            if (wanted.Contains(at.Value))
            {
                yield return $"{at.Path} is the caller's {at.Value.GetType().Name}";
            }

            foreach (var (value, name) in Next(at.Value))
            {
                if (!value.GetType().IsPrimitive && (value.GetType().IsValueType || seen.Add(value)))
                {
                    queue.Enqueue((value, $"{at.Path}.{name}"));
                }
            }
        }
    }

    public static bool IsValidated(Type type) => type.GetMethod("Validate", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(OptionsValidator)]) is not null;

    /// <summary>What the items of a list are; null where it is none.</summary>
    public static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static bool IsMutable(object value) => IsValidated(value.GetType()) || value is IList { IsReadOnly: false, Count: > 0 };

    private static void Collect(object options, HashSet<object> into)
    {
        into.Add(options);
        foreach (var property in PropertiesOf(options.GetType()))
        {
            if (property.GetValue(options) is not { } value)
            {
                continue;
            }

            if (IsValidated(property.PropertyType))
            {
                Collect(value, into);
            }
            else if (value is IList list)
            {
                into.Add(list);
                foreach (var nested in list)
                {
                    if (IsValidated(nested!.GetType()))
                    {
                        Collect(nested, into);
                    }
                }
            }
        }
    }

    private static IEnumerable<(object Value, string Name)> Next(object value)
    {
        var type = value.GetType();
        if (value is string or MemberInfo or Assembly or Module or Thread or ExecutionContext or Timer || type.IsPointer || type.IsEnum)
        {
            yield break;
        }

        if (value is Array array)
        {
            if (array.GetType().GetElementType() is { IsPrimitive: false, IsPointer: false })
            {
                for (var i = 0; i < Math.Min(array.Length, 1000) && array.Rank == 1; i++)
                {
                    if (array.GetValue(i) is { } item)
                    {
                        yield return (item, $"[{i}]");
                    }
                }
            }

            yield break;
        }

        for (var declaring = type; declaring is not null; declaring = declaring.BaseType)
        {
            foreach (var field in declaring.GetFields(Fields))
            {
                if (!field.FieldType.IsPointer && !field.FieldType.IsByRefLike && !field.FieldType.IsPrimitive && field.FieldType != typeof(nint) && field.GetValue(value) is { } next && next is not Pointer)
                {
                    yield return (next, field.Name);
                }
            }
        }
    }
}
