"""In: a Bicep file and an ARM template. Out: where they differ, and how many values were compared.

Expressions are written differently in the two and are not compared; everything else is: parameters, resources with type and version,
every key, and every plain value."""
import json
import sys

from pycep import BicepParser

asked = json.load(sys.stdin)
differences, compared = [], 0


def differ(place, bicep, arm):
    differences.append(f"{place}: {str(bicep)[:200]!r} in Bicep, {str(arm)[:200]!r} in ARM")


def plain(text):
    """What a text of Bicep's stands for: this parser leaves its escapes as they are."""
    return text.replace("\\'", "'").replace("\\\\", "\\")


def compare(place, bicep, arm):
    global compared
    compared += 1
    if isinstance(arm, dict):
        if not isinstance(bicep, dict):
            return differ(place, bicep, arm)
        bicep = {key.strip("'"): value for key, value in bicep.items()}
        if set(bicep) != set(arm):
            return differ(place, sorted(bicep), sorted(arm))
        for key, value in arm.items():
            compare(f"{place}.{key}", bicep[key], value)
    elif isinstance(arm, list):
        if not isinstance(bicep, list) or len(bicep) != len(arm):
            return differ(place, bicep, arm)
        for index, value in enumerate(arm):
            compare(f"{place}[{index}]", bicep[index], value)
    elif isinstance(arm, str) and arm.startswith("["):
        if arm.startswith("[parameters('") and bicep != arm[13:-3]:
            differ(place, bicep, arm)
    elif isinstance(arm, str):
        if not isinstance(bicep, str) or arm not in (bicep, plain(bicep)):
            differ(place, bicep, arm)
    elif bicep != arm:
        differ(place, bicep, arm)


def main():
    try:
        bicep = BicepParser().parse(text=asked["bicep"])
    except Exception as error:  # the parser's own kinds of errors
        return differences.append(f"not Bicep: {error}")
    arm = asked["arm"]
    for name, parameter in arm["parameters"].items():
        declared = bicep["parameters"].get(name)
        if declared is None or declared["type"] != parameter["type"]:
            differ(f"parameter {name}", declared, parameter)
            continue
        said = {one["type"]: one["argument"] for one in declared["decorators"]}
        compare(f"parameter {name}, description", said["description"], parameter["metadata"]["description"])
        if "minValue" in parameter:
            limits = [said.get("min_value"), said.get("max_value")]
            compare(f"parameter {name}, limits", limits, [parameter["minValue"], parameter["maxValue"]])
        if "defaultValue" in parameter:
            compare(f"parameter {name}, default", declared["default"], parameter["defaultValue"])
    if set(bicep["parameters"]) != set(arm["parameters"]):
        differ("parameters", sorted(bicep["parameters"]), sorted(arm["parameters"]))
    for name, text in arm["variables"].items():
        compare(f"variable {name}", bicep["variables"][name]["value"], text)
    made = {name: one for name, one in bicep["resources"].items() if not one.get("existing")}
    if len(made) != len(arm["resources"]):
        return differ("resources", list(made), [one["type"] for one in arm["resources"]])
    for (name, one), resource in zip(made.items(), arm["resources"]):
        compare(f"{name}, type", one["type"], resource["type"])
        compare(f"{name}, version", one["api_version"], resource["apiVersion"])
        body = one["config"]
        if "condition" in resource:
            compare(f"{name}, condition", body["condition"], resource["condition"])
            body = body["config"]
        without = {"parent", "name", "dependsOn", "scope"}
        body = {key: value for key, value in body.items() if key not in without}
        beside = {"type", "apiVersion", "condition"} | without
        compare(name, body, {key: value for key, value in resource.items() if key not in beside})
    if set(bicep["outputs"]) != set(arm["outputs"]):
        differ("outputs", sorted(bicep["outputs"]), sorted(arm["outputs"]))


main()
json.dump({"differences": differences, "compared": compared}, sys.stdout)
