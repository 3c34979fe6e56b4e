package varco.peer;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes maps, collections, strings, numbers, booleans and null as JSON (RFC 8259) on one line. */
final class Json {
    private Json() {}

    static String write(Object value) {
        if (value == null || value instanceof Boolean || value instanceof Number) {
            return String.valueOf(value);
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .map(entry -> write(entry.getKey()) + ":" + write(entry.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Collection<?> items) {
            return items.stream().map(Json::write).collect(Collectors.joining(",", "[", "]"));
        }
        return string(String.valueOf(value));
    }

    private static String string(String text) {
        StringBuilder result = new StringBuilder("\"");
        for (char unit : text.toCharArray()) {
            if (unit == '"' || unit == '\\') {
                result.append('\\').append(unit);
            } else if (unit < ' ' || unit > '~') {
                result.append(String.format("\\u%04x", (int) unit));
            } else {
                result.append(unit);
            }
        }
        return result.append('"').toString();
    }
}
