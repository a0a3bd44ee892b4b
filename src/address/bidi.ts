/**
 * The Bidi rule (RFC 5893 §2): what keeps a name with right-to-left letters from being displayed as
 * another name.
 *
 * The engine's regular expressions know no Bidi_Class, so the classes are expressed by block and
 * general category, for those characters that UTS 46 lets into a name.
 */

/**
 * What the rule tells apart: European and Arabic numbers, marks (NSM), right-to-left characters
 * (R, AL), left-to-right ones (L), and all that is neutral.
 */
type Direction = 'EN' | 'AN' | 'NSM' | 'R' | 'L' | 'neutral';

const europeanNumber = /[0-9\u06F0-\u06F9\u{102E1}-\u{102FB}]/u;
const arabicNumber =
  /[\u0600-\u0605\u0660-\u0669\u066B\u066C\u06DD\u0890\u0891\u08E2\u{10D30}-\u{10D39}\u{10E60}-\u{10E7E}]/u;
const mark = /[\p{Mn}\p{Me}]/u;
const rightToLeftBlock =
  /[\u0590-\u08FF\u200F\uFB1D-\uFDFF\uFE70-\uFEFF\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
const neutralInRightToLeftBlock =
  /[\u0606\u0607\u0609\u060A\u060C\u060E\u060F\u066A\u06DE\u06E9\u07F6-\u07F9\uFD3E-\uFD4F\uFDCF\uFDFD-\uFDFF\u{1091F}\u{10B39}-\u{10B3F}\u{1EEF0}\u{1EEF1}]/u;
/** Letters, spacing marks and numbers, and the symbols that count as letters. */
const letterLike =
  /[\p{L}\p{Mc}\p{N}\u2336-\u237A\u2395\u26AC\u2800-\u28FF\u{1D000}-\u{1D1E8}\u{1D800}-\u{1DA8B}\u{1F150}-\u{1F1FF}]/u;
const neutralLetterLike =
  /[\u02B9\u02BA\u02C6-\u02CF\u02EC\u0C78-\u0C7E\u17F0-\u17F9\u24EB-\u24FF\u2776-\u2793\u2CFD\u2E2F\uA67F\uA717-\uA71F\uA788\u{10140}-\u{10178}\u{1018A}\u{1018B}\u{11052}-\u{11065}\u{1F10B}\u{1F10C}]/u;

function directionOf(character: string): Direction {
  if (europeanNumber.test(character)) return 'EN';
  if (arabicNumber.test(character)) return 'AN';
  if (mark.test(character)) return 'NSM';
  if (rightToLeftBlock.test(character)) return neutralInRightToLeftBlock.test(character) ? 'neutral' : 'R';
  return letterLike.test(character) && !neutralLetterLike.test(character) ? 'L' : 'neutral';
}

/** Whether all labels (U-labels, of one name) keep the rule. A name without right-to-left text does. */
export function keepsBidiRule(labels: readonly string[]): boolean {
  const directions = labels.map((label) => Array.from(label, directionOf));
  // RFC 5893 §1.4: one right-to-left label makes all the name a Bidi domain name.
  const isBidi = directions.some((label) => label.includes('R') || label.includes('AN'));
  return !isBidi || directions.every(labelKeepsRule);
}

function labelKeepsRule(label: readonly Direction[]): boolean {
  const last = label.findLast((direction) => direction !== 'NSM');
  switch (label[0]) {
    case undefined:
      return true;
    case 'R': // rules 2 to 4
      return (
        !label.includes('L') &&
        (last === 'R' || last === 'EN' || last === 'AN') &&
        !(label.includes('EN') && label.includes('AN'))
      );
    case 'L': // rules 5 and 6
      return !label.includes('R') && !label.includes('AN') && (last === 'L' || last === 'EN');
    default: // rule 1
      return false;
  }
}
